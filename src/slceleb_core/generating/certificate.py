"""The certificate by which what is made here is signed: this machine's own, made at the first use.

Nobody vouches for it, so a reader of content credentials says that the signer is not known. What the signature shows is
that the file is as it was made, and that the credentials are this file's. Nothing is asked of any host.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from slceleb_core.disk.atomic import token
from slceleb_core.errors import OutputError, PluginError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

KEY, CHAIN = "key.pem", "certificates.pem"

YEARS = 10
"""For which a certificate holds."""

PACKAGES = ("c2pa", "cryptography")
"""What signing needs, as it is imported."""

NEEDED = "pip install 'slceleb-core[lipsync]'"


@dataclass(frozen=True, slots=True)
class Signing:
    """What signs.

    Attributes
    ----------
    key
        The private key, as PEM.
    chain
        The certificate and the one by which it was issued, as PEM.
    folder
        Where they are kept.
    """

    key: bytes
    chain: bytes
    folder: Path


def demand_signing() -> None:
    """Raise PluginError where what signs is not installed."""
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise PluginError(f"content credentials need {package}, which is not installed", NEEDED)


def own_folder() -> Path:
    """Return where this user's key and certificates are kept."""
    return platformdirs.user_config_path("slceleb") / "signing"


def own_signing(folder: Path | None = None) -> Signing:
    """Return this user's key and certificates; they are made where there are none.

    Parameters
    ----------
    folder
        Where they are kept; None: in the user's folder of settings.

    Raises
    ------
    OutputError
        They cannot be read or written, are open to others, or hold no more.
    """
    place = own_folder() if folder is None else folder
    try:
        if not (place / KEY).exists():
            _make(place)
        kept = Signing((place / KEY).read_bytes(), (place / CHAIN).read_bytes(), place)
        mode = (place / KEY).stat().st_mode & 0o777
    except OSError as error:
        raise OutputError(f"{place}: the key to sign with: {error.strerror or error}", "look at that folder") from error
    if mode & 0o077:
        raise OutputError(f"{place / KEY}: others may read this key (mode {mode:o})", f"chmod 600 {place / KEY}")
    _demand_valid(kept)
    return kept


def _make(folder: Path) -> None:
    """Make key and certificates, and put both in place in one step; those of somebody who was faster stay."""
    aside = folder.with_name(f".{folder.name}.{token()}.new")
    aside.mkdir(parents=True, mode=0o700)
    try:
        key, chain = _issued()
        with os.fdopen(os.open(aside / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        (aside / CHAIN).write_bytes(chain)
        with suppress(FileExistsError, NotADirectoryError):
            if not (folder / KEY).exists():
                aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _issued() -> tuple[bytes, bytes]:
    """Return a key and its chain, as PEM. The key by which it was issued is not kept: it issues nothing else."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("slceleb, this user's own", root_key, "slceleb, this user's own", root_key, authority=True)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])  # one of those that C2PA asks for (14.5.1)
    leaf = _certificate("slceleb lipsync", key, "slceleb, this user's own", root_key, authority=False, usage=usage)
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return private, leaf.public_bytes(pem) + root.public_bytes(pem)


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    issuer: str,
    issuing: EllipticCurvePrivateKey,
    *,
    authority: bool,
    usage: x509.ExtendedKeyUsage | None = None,
) -> x509.Certificate:
    """Return a certificate; one that issues others, or one that signs."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    now = dt.datetime.now(dt.timezone.utc)
    signs = {"digital_signature": not authority, "key_cert_sign": authority, "crl_sign": authority}
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    key_usage = x509.KeyUsage(**signs, **dict.fromkeys(others, False), encipher_only=False, decipher_only=False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_called(name))
        .issuer_name(_called(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))  # clocks differ
        .not_valid_after(now + dt.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(key_usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False)
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(issuing, hashes.SHA256())


def _called(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    parts = {NameOID.COMMON_NAME: name, NameOID.ORGANIZATION_NAME: "slceleb"}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items()])


def _demand_valid(kept: Signing) -> None:
    """Make sure that certificates can be read, and hold today."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    anew = f"delete the folder {kept.folder}: another key is made at the next use"
    try:
        leaf = x509.load_pem_x509_certificates(kept.chain)[0]
        load_pem_private_key(kept.key, None)
    except (ValueError, TypeError, IndexError) as error:
        raise OutputError(f"{kept.folder}: key and certificates cannot be used", anew) from error
    if leaf.not_valid_after_utc < dt.datetime.now(dt.timezone.utc):
        raise OutputError(f"{kept.folder / CHAIN}: it expired on {leaf.not_valid_after_utc:%Y-%m-%d}", anew)

"""Downloads of model files: gone on with after an interruption, checked by hash, renamed into place when right."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from slceleb_core.errors import ModelError, OutputError

if TYPE_CHECKING:
    from slceleb_core.models.files import Download, ModelFile

Report: TypeAlias = Callable[[int, int], None]

HASH_CHUNK = 1 << 20
"""Bytes read at a time when a file is hashed."""
REFUSALS = frozenset({401, 403, 404})
"""Answers of a server that does not know who asks, or does not let them: some say that there is no such file."""
SIGNED = re.compile(r"(https?://[^\s?]+)\?\S+")
"""An address with what follows its question mark: gated files are handed out at addresses that let anybody in."""
DOWNLOAD_CHUNK = 1 << 16
"""Bytes written at a time when a file is downloaded; at most this much is lost when the connection breaks."""


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(HASH_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def download_into(cache: Path, file: ModelFile, download: Download, report: Report) -> Path:
    """Download a model file from one address into the cache.

    Parameters
    ----------
    cache
        The folder; made where it does not exist.
    file, download
        What to get, and where from.
    report
        Told the bytes that are there, and the bytes there will be (0 where the server does not say).

    Returns
    -------
    Path
        The file in the cache, its hash checked.

    Raises
    ------
    ModelError
        The address cannot be reached, or wants a token that is not there, or what came is another file.
    OutputError
        The cache cannot be written: no permission, no space.
    """
    key = hashlib.sha256(download.url.encode()).hexdigest()[:12]
    part = cache / f".{file.name}.{key}.part"
    target = cache / file.name
    with writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
        expected = download.archive_sha256 if download.member else file.sha256
        if not (part.is_file() and sha256_of(part) == expected):
            _transfer(download, part, report)
            require(part, expected, download.url)
        if download.member:
            _unpack(file, download, part, target)
        else:
            part.replace(target)
    return target


def _unpack(file: ModelFile, download: Download, archive: Path, target: Path) -> None:
    """Move the file out of a downloaded archive to `target`, and delete the archive."""
    member = archive.with_suffix(".member")
    try:
        extract(archive, download.member, file.bytes, member)
        require(member, file.sha256, f"{download.member} in {download.url}")
        member.replace(target)
        archive.unlink()
    except ModelError:  # the archive is of no use, unlike after a full disk
        archive.unlink()
        raise
    finally:
        member.unlink(missing_ok=True)


def require(path: Path, sha256: str, source: str) -> None:
    """Raise ModelError, and delete the file, unless it has this sha256 (any, when that is empty)."""
    found = sha256_of(path)
    if sha256 and found != sha256:
        path.unlink()
        raise ModelError(f"{source}: not the file that is pinned (sha256 {found[:12]}..., expected {sha256[:12]}...)")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise OutputError where the system refuses to write."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}", "make room, or set SLCELEB_CACHE to another folder"
        ) from error


class _PartFile:
    """Where a download is written to: it goes on after what an earlier attempt left, if the server does."""

    def __init__(self, stream: BinaryIO, path: Path, report: Report) -> None:
        self.stream = stream
        self.path = path
        self.report = report
        self.done = path.stat().st_size
        self.total = 0

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers; without ``identity`` the bytes might be others than those of the file."""
        return {"Accept-Encoding": "identity"} | ({"Range": f"bytes={self.done}-"} if self.done else {})

    def begin(self, response: Any, **_: object) -> None:
        """Start anew where the server sends the whole file (200) or has no such range (416)."""
        if self.done and response.status_code in {200, 416}:
            with writing(self.path):
                self.stream.truncate(0)
            self.done = 0
        length = int(response.headers.get("Content-Length", 0))
        self.total = self.done + length if length else 0

    def write(self, data: bytes) -> None:
        with writing(self.path):
            self.stream.write(data)
        self.done += len(data)
        self.report(self.done, self.total)

    def flush(self) -> None:
        with writing(self.path):
            self.stream.flush()


def _transfer(download: Download, part: Path, report: Report) -> None:
    """Download what lies at an address to the end of `part`."""
    import pooch  # few commands download anything

    permit = _permit(download)
    with part.open("ab") as stream:
        sink = _PartFile(stream, part, report)
        get = pooch.HTTPDownloader(
            chunk_size=DOWNLOAD_CHUNK, headers={**sink.headers, **permit}, hooks={"response": sink.begin}
        )
        try:
            get(download.url, sink, None)
        except (OSError, ValueError) as error:  # what requests raises is one of these
            if not sink.done:
                part.unlink()
            raise ModelError(f"{download.url}: {_reason(error)}", _permission(download, error)) from error


def _permit(download: Download) -> dict[str, str]:
    """Return the header that lets a download through, with the token of the environment; none where it takes none.

    Raises
    ------
    ModelError
        There is no token.
    """
    if not download.token:
        return {}
    value = os.environ.get(download.token, "").strip()
    if not value:
        raise ModelError(f"{download.url}: it takes a token", f"set {download.token} to yours")
    if not value.isascii() or not value.isprintable():  # the error of whoever puts it into a header would show it
        raise ModelError(f"{download.url}: {download.token} holds no token", "it has letters that no token has")
    return {"Authorization": f"Bearer {value}"}


def _permission(download: Download, error: BaseException) -> str:
    """Return what to do where a server refuses."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if download.token and status in REFUSALS:
        return f"is the token in {download.token} yours, and may it read this file? Terms may have to be accepted there"
    return ""


def _reason(error: BaseException) -> str:
    """Return, in one line, what lies at the bottom of an error of the network."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return SIGNED.sub(r"\1?...", " ".join(str(error).split())) or type(error).__name__


def extract(archive: Path, member: str, size: int, target: Path) -> None:
    """Write a member of a zip archive to `target`. Names in the archive never become paths."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entry = opened.getinfo(member)
            if entry.file_size != size:
                raise ModelError(f"{member} in {archive.name} has {entry.file_size} bytes, expected {size}")
            with opened.open(entry) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
        raise ModelError(f"cannot read {member} in {archive.name}: {' '.join(str(error).split())}") from error

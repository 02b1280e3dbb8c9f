"""What a model file is: its name, its hash, its licence, and where it may come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from slceleb_core.models.terms import Terms

if TYPE_CHECKING:
    from slceleb_core.types import JsonValue


@dataclass(frozen=True, slots=True)
class Carrier:
    """A package on the package index whose wheel holds the file.

    Attributes
    ----------
    distribution, version
        As in ``pip install distribution==version``.
    path
        The file inside the package, relative to site-packages.
    extra
        The extra of ours that installs it, such as ``slceleb-detector-mediapipe[offline]``; empty where none does, as
        only the file is wanted (``slceleb models fetch NAME --from-index``).
    """

    distribution: str
    version: str
    path: str
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """The publisher's address of the file, or of a zip archive that holds it.

    Attributes
    ----------
    url
        Where it is.
    member
        Its name inside the archive; empty when the address is the file's own.
    archive_sha256
        The archive's hash; empty when the address is the file's own.
    token
        Environment variable that holds a token for the address, such as ``HF_TOKEN``; empty where it takes none. Its
        value is sent to that host alone, and is never written down.
    """

    url: str
    member: str = ""
    archive_sha256: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model file, pinned.

    Attributes
    ----------
    name
        File name in the cache and in ``SLCELEB_MODELS``; unique.
    sha256, bytes
        Of the publisher's file.
    licence
        What its publisher allows, in a few words.
    description
        What it is for, in a few words.
    carriers, downloads
        Where it may come from, best first.
    terms
        What has to be accepted once before it is fetched or used; None where nothing has.
    folder
        Name of a folder within ``SLCELEB_MODELS`` in which it may lie as well, as files of one set do; empty: none.
    """

    name: str
    sha256: str
    bytes: int
    licence: str
    description: str
    carriers: tuple[Carrier, ...] = ()
    downloads: tuple[Download, ...] = ()
    terms: Terms | None = None
    folder: str = ""

    def __post_init__(self) -> None:
        # They are joined to folders, and must not lead out of them.
        if self.name in {"", ".."} or PurePath(self.name).name != self.name:
            raise ValueError(f"the name of a model file must be a bare file name, not {self.name!r}")
        if self.folder == ".." or PurePath(self.folder).name != self.folder:
            raise ValueError(f"the folder of a model file must be a bare name, not {self.folder!r}")


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A model file that was handed to a stage: what results record of it.

    Attributes
    ----------
    name
        Of the file.
    sha256
        Of its content.
    licence
        What its publisher allows, or where to read that.
    accepted
        When or how its terms were accepted; empty where it has none to accept.
    """

    name: str
    sha256: str
    licence: str
    accepted: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """Return it JSON-ready."""
        stated: dict[str, JsonValue] = {"name": self.name, "sha256": self.sha256, "licence": self.licence}
        return {**stated, "accepted": self.accepted} if self.accepted else stated

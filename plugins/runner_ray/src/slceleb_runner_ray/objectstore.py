"""Results under a URL: a bucket, or any other store that fsspec knows.

::

    URL/
      <name>/                     a finished video; without `source.json` it is none
      .partial/<token>/<slot>/    handed over by a worker, not taken by the driver yet
      .earlier/<name>.<n>/        results that a later run of the same video has replaced

Such stores rename file by file, if at all. So `source.json` is the mark of a finished folder: it is the first file to
leave a place and the last to arrive. Whoever moves files may be killed at any moment; so results that are replaced are
copied before the first of their files is deleted.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from glob import has_magic
from pathlib import Path
from typing import Any, TypeAlias

import fsspec
from fsspec.spec import AbstractFileSystem

from slceleb_core import disk
from slceleb_core.disk import EARLIER, PARTIAL, SOURCE, prepare, put_in_place, set_aside
from slceleb_core.errors import OutputError, UsageError
from slceleb_runner_ray.delivery import TOKEN, Aside, Delivery, Workplace, sees

log = logging.getLogger(__name__)

MEDIA = frozenset({".aac", ".avi", ".flac", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".ogg", ".opus", ".wav", ".webm"})
"""What the copy in the driver's output folder is without."""

CHECK = "check the URL and its credentials"

ASIDE = ".aside"
"""How a mark ends that is not in its place yet."""

TRANSFERS = 8
"""Files that are moved at a time: enough to hide what each request takes, few enough not to be turned away."""


Transfer: TypeAlias = Callable[[str, str], None]
"""Brings a file from one path to another."""


class Store:
    """Folders under a URL.

    Parameters
    ----------
    url
        As fsspec takes it.

    Raises
    ------
    UsageError
        fsspec does not know it, or lacks a package for it.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        try:
            self._fs, root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise UsageError(f"cannot put results under {url}: {error}", "install what fsspec needs for it") from error
        self._root = root.rstrip("/")
        self._renames = type(self._fs).mv is not AbstractFileSystem.mv

    def write(self, place: str, text: str) -> None:
        """Write a small file at `place`, a path below the URL."""
        self._make_room([self._path(place)])
        self._fs.pipe_file(self._path(place), text.encode())

    def read(self, place: str) -> str:
        """Return a small file's text."""
        return bytes(self._fs.cat_file(self._path(place))).decode()

    def files(self, place: str) -> list[str]:
        """Return the files below `place`, relative to it, the mark last."""
        self._fs.invalidate_cache()
        root = self._path(place)
        found = [path[len(root) + 1 :] for path in self._fs.find(root)]
        return sorted(found, key=lambda path: (path == SOURCE, path))

    def upload(self, folder: Path, place: str) -> None:
        """Put the files of a local folder below `place`, the mark last."""
        files = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
        self._make_room(self._path(f"{place}/{file}") for file in files)
        self._each(files, lambda file: self._fs.put_file(str(folder / file), self._path(f"{place}/{file}")))

    def download(self, place: str, folder: Path) -> None:
        """Get the files below `place`, but for :data:`MEDIA`, into a local folder."""
        for file in self.files(place):
            if Path(file).suffix.lower() not in MEDIA:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                self._fs.get_file(self._path(f"{place}/{file}"), str(folder / file))

    def replace(self, source: str, name: str) -> None:
        """Move a folder to `name`; results that stand there are kept in ``.earlier``, what is left of some is deleted.

        Nothing of them is deleted before the copy is whole. Whoever was stopped in the midst calls it again, with the
        same results made anew.
        """
        self._fs.invalidate_cache()
        if self._stands(name):
            self._transfer(name, self._shelf(name), self._copy_file, self._copy_mark)
            self._fs.rm_file(self._path(f"{name}/{SOURCE}"))
        self.remove(name)
        self._transfer(source, name, self._move_file, self._move_file)
        self.remove(source)

    def remove(self, place: str) -> None:
        """Delete whatever is at `place`."""
        path = self._path(place)
        if not self._fs.exists(path):
            return
        if has_magic(path):  # `rm` would take it for a pattern
            self._each(self._fs.find(path), self._fs.rm_file)
        else:
            self._fs.rm(path, recursive=True)

    def _path(self, place: str) -> str:
        return f"{self._root}/{place}"

    def _stands(self, place: str) -> bool:
        """Tell whether there is a finished folder."""
        return bool(self._fs.exists(self._path(f"{place}/{SOURCE}")))

    def _transfer(self, source: str, target: str, transfer: Transfer, transfer_mark: Transfer) -> None:
        """Bring all files from one place to another, the mark last."""
        files = self.files(source)
        self._make_room(self._path(f"{target}/{file}") for file in files)

        def bring(file: str) -> None:
            call = transfer_mark if file == SOURCE else transfer
            call(self._path(f"{source}/{file}"), self._path(f"{target}/{file}"))

        self._each(files, bring)

    def _copy_mark(self, source: str, target: str) -> None:
        """Copy a file that must never be there in part; what cannot rename files takes each as a whole."""
        if self._renames:
            self._copy_file(source, target + ASIDE)
            self._fs.mv(target + ASIDE, target)
        else:
            self._copy_file(source, target)

    def _copy_file(self, source: str, target: str) -> None:
        """Copy a file, through this machine where the store cannot do it by itself."""
        try:
            self._fs.cp_file(source, target)
        except NotImplementedError:
            with self._fs.open(source, "rb") as original, self._fs.open(target, "wb") as copy:
                shutil.copyfileobj(original, copy)

    def _move_file(self, source: str, target: str) -> None:
        """Rename a file where the store can do that; fsspec's own way would take the paths for patterns."""
        if self._renames:
            self._fs.mv(source, target)
        else:
            self._copy_file(source, target)
            self._fs.rm_file(source)

    def _each(self, files: Sequence[str], move: Callable[[str], Any]) -> None:
        """Call `move` with each file, several at a time; with the mark when all others have arrived."""
        others = [file for file in files if file != SOURCE]
        with ThreadPoolExecutor(TRANSFERS) as pool:
            list(pool.map(move, others))
        if SOURCE in files:
            move(SOURCE)

    def _make_room(self, paths: Iterable[str]) -> None:
        """Make the folders of these files, for the kinds of stores that have folders."""
        for parent in sorted({path.rpartition("/")[0] for path in paths}):
            self._fs.makedirs(parent, exist_ok=True)

    def _shelf(self, name: str) -> str:
        """Return a place for earlier results: the first without a mark, though a copy may have been begun there."""
        places = (f"{EARLIER}/{name}.{number}" for number in itertools.count(1))
        return next(place for place in places if not self._stands(place))


class ScratchWorkplace(Workplace):
    """A temporary folder of the node, from which finished folders are put under a URL.

    Parameters
    ----------
    url
        The URL.
    place
        The slot's own place below it.
    scratch
        Where temporary folders are made; None: where the system does.
    seen
        The token's file in the driver's output folder, and what must stand in it for that folder to be seen from here.
    """

    def __init__(self, url: str, place: str, scratch: Path | None, seen: tuple[Path, str]) -> None:
        self._url = url
        self._place = place
        self._scratch = scratch
        self._seen = seen
        self._aside: disk.Aside | None = None

    def open(self) -> Path:
        """Make the temporary folder, and sweep those whose process was killed."""
        root = (self._scratch or Path(tempfile.gettempdir())) / f"slceleb-{os.getuid()}"
        prepare(root)
        disk.sweep(root)
        self._aside = disk.Aside(root, f"slot.{disk.token()}")
        return self._aside.folder

    def keeps(self, artefacts: Path) -> bool:  # noqa: ARG002 - they are in the folder that is, or is not, seen
        """Tell whether the driver's output folder is seen from here."""
        return sees(*self._seen)

    def hand_over(self, folder: Path) -> None:
        """Upload the folder, and delete it here."""
        Store(self._url).upload(folder, f"{self._place}/{folder.name}")
        shutil.rmtree(folder)

    def close(self) -> None:
        """Delete the temporary folder."""
        if self._aside is not None:
            self._aside.discard()


class UrlDelivery(Delivery):
    """Results under a URL, and a copy without sound and pictures in the output folder.

    Parameters
    ----------
    output_dir
        The folder; only the driver need see it.
    url
        The URL.
    scratch
        As in :class:`ScratchWorkplace`.
    """

    def __init__(self, output_dir: Path, url: str, scratch: Path | None) -> None:
        self.output_dir = output_dir
        self._aside = Aside(output_dir)
        self._store = Store(url)
        self._scratch = scratch
        self._below = f"{PARTIAL}/{self._aside.token}"
        self.token, self.sight = self._aside.token, f"{self._store.url}/{self._below}/{TOKEN}"

    def begin(self) -> None:
        """Write the token, under the URL and in the output folder."""
        self._aside.open()
        try:
            self._store.write(f"{self._below}/{TOKEN}", self.token)
        except Exception as error:
            self._aside.close()
            raise UsageError(
                f"cannot write to {self._store.url}: {error}", "check the URL and its credentials"
            ) from error

    def workplace(self, slot: str) -> Workplace:
        """Return a temporary folder on the slot's node."""
        seen = (self._aside.sight, self.token)
        return ScratchWorkplace(self._store.url, f"{self._below}/{slot}", self._scratch, seen)

    def accept(self, name: str, slot: str) -> Path:
        """Move the folder to its name, and copy it without sound and pictures.

        Before anything is moved there, the copy of what stood there leaves its place here: whatever stands here is
        taken for done, also by a run after this one was killed.
        """
        copy = self._aside.folder / name
        set_aside(self._aside.output_dir, name)
        with _storing(self._store.url):
            self._store.replace(f"{self._below}/{slot}/{name}", name)
            self._store.download(name, copy)
        return put_in_place(copy, self._aside.output_dir, name)

    def discard(self, name: str, slot: str) -> None:
        """Delete what was uploaded of it."""
        self._tidy(f"{self._below}/{slot}/{name}")

    def forget(self, slot: str) -> None:
        """Delete what the slot has uploaded."""
        self._tidy(f"{self._below}/{slot}")

    def close(self) -> None:
        """Delete the places aside."""
        self._aside.close()
        self._tidy(self._below)

    def _tidy(self, place: str) -> None:
        """Delete what nobody needs; a batch does not fail over what is left."""
        try:
            self._store.remove(place)
        except Exception as error:
            log.warning("%s/%s cannot be deleted: %s", self._store.url, place, error)


@contextmanager
def _storing(url: str) -> Iterator[None]:
    """Name the URL in whatever goes wrong: each store has exceptions of its own."""
    try:
        yield
    except Exception as error:
        raise OutputError(f"cannot put results under {url}: {error}", CHECK) from error

"""One video's results on disk: written aside, and moved into place as a whole when all of it is there.

::

    OUTPUT_DIR/
      <name>/            a finished video; `source.json` says of which file, and what else is stated of it
      .partial/          being written; left behind only by a killed process, and swept by the next run
      .earlier/          results that a later run of the same video has replaced; nothing is ever deleted here
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av

from slceleb_core.disk.naming import safe_name, short_hash
from slceleb_core.disk.refusals import ELSEWHERE, refusal
from slceleb_core.errors import OutputError
from slceleb_core.types import JsonValue

SOURCE = "source.json"

EARLIER = ".earlier"

PARTIAL = ".partial"

OWN_FOLDERS = frozenset({"manifests", "report", "splits"})
"""Folders that are about all videos; what stands there is deleted and written anew."""

OWN_ENDINGS = (".csv", ".json", ".html", ".sqlite", ".log")
"""How files end that are about all videos."""


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn a failure to write inside the block into an :class:`OutputError` that names `what`.

    The block must not read a video, as a file system fails at reading in the same words. Of libav only what it never
    says of a damaged file counts.
    """
    try:
        yield
    except OSError as error:
        unclear = isinstance(error, av.FFmpegError) and error.errno == errno.EIO
        refused = None if unclear else refusal(f"cannot write {what}: {error.strerror or error}", error)
        if refused is None:
            raise
        raise refused from error


def prepare(output_dir: Path) -> None:
    """Create the output folder, make sure that it can be written to, and sweep what killed processes left.

    Raises
    ------
    OutputError
        It cannot be written to.
    """
    partial = output_dir / PARTIAL
    try:
        partial.mkdir(parents=True, exist_ok=True)
        probe = partial / f"probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
        left = list(partial.iterdir())
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot write to the output folder {output_dir}: {reason}", ELSEWHERE) from error
    for folder in left:
        if _abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    """Tell whether the process that made a partial folder (``<pid>-<name>``) is gone."""
    pid = folder.name.partition("-")[0]
    if not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class OutputFolder:
    """The results of one video while they are being written.

    Attributes
    ----------
    name
        What the folder will be called: as given, or the video's stem, with a short hash where another video has that
        name.
    folder
        Where to write now.
    """

    def __init__(self, output_dir: Path, video: Path, name: str | None = None) -> None:
        self.output_dir = output_dir
        self._source = str(video.absolute())
        self.name = name or folder_name(output_dir, video)
        self.folder = output_dir / PARTIAL / f"{os.getpid()}-{self.name}"
        with writing(f"to {self.folder}"):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        try:
            self.state()
        except BaseException:
            self.discard()
            raise

    def state(self, **facts: JsonValue) -> None:
        """Write `source.json`: of which video these results are, and whatever else is known by now, JSON-ready."""
        with writing(f"to {self.folder}"):
            text = json.dumps({"video": self._source, **facts}, default=str)
            (self.folder / SOURCE).write_text(text + "\n", encoding="utf-8")

    def publish(self) -> Path:
        """Move the folder into place and return where it is; what stood there goes to ``.earlier``."""
        return put_in_place(self.folder, self.output_dir, self.name)

    def discard(self) -> None:
        """Delete what has been written so far."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Have what a folder lists on the disk, where the file system can do that; some network folders refuse."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _settle(folder: Path) -> None:
    """Have all files of a folder on the disk.

    Renaming alone does not: after a power cut the folder may be there, and its files empty.
    """
    for place, _, names in os.walk(folder):
        for name in names:
            with (Path(place) / name).open("rb+") as file:
                os.fsync(file.fileno())
        sync_folder(Path(place))


def put_in_place(folder: Path, output_dir: Path, name: str) -> Path:
    """Move a finished folder to ``output_dir/name`` and return that; what stood there goes to ``.earlier``.

    Both are on one file system, so that results are there as a whole or not at all.
    """
    target = output_dir / name
    with writing(f"to {target}"):
        _settle(folder)
        if target.exists():
            target.rename(_shelf(output_dir, name))
        folder.rename(target)
    sync_folder(output_dir)
    return target


def set_aside(output_dir: Path, name: str) -> None:
    """Move what stands at ``output_dir/name``, if anything does, to ``.earlier``; nothing takes its place yet."""
    target = output_dir / name
    if target.exists():
        with writing(f"to {target}"):
            target.rename(_shelf(output_dir, name))


def _shelf(output_dir: Path, name: str) -> Path:
    shelf = output_dir / EARLIER
    shelf.mkdir(exist_ok=True)
    number = 1
    while (place := shelf / f"{name}.{number}").exists():
        number += 1
    return place


def folder_name(output_dir: Path, video: Path) -> str:
    """Return the name of a video's folder: its stem, or with a hash of its path where another video has the stem."""
    stem = safe_name(video.stem)
    taken = output_dir / stem
    free = not taken.exists() and not is_reserved(stem)
    if free or source_of(taken) == str(video.absolute()):
        return stem
    return f"{stem}-{short_hash(str(video.absolute()))}"


def is_reserved(name: str) -> bool:
    """Tell whether something in an output folder is called so that is about all videos, in upper or lower case."""
    folded = name.casefold()
    return folded in OWN_FOLDERS or folded.endswith(OWN_ENDINGS)


def statement_of(folder: Path) -> dict[str, JsonValue]:
    """Return what is stated of a finished video: ``video`` and whatever else; empty where it is no results folder."""
    try:
        stated = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}


def source_of(folder: Path) -> str | None:
    """Return the video that a results folder is of; None where it is no results folder."""
    video = statement_of(folder).get("video")
    return None if video is None else str(video)


def results_in(output_dir: Path) -> list[Path]:
    """Return the folders of finished videos, in order of name."""
    return sorted(p for p in output_dir.iterdir() if not p.name.startswith(".") and (p / SOURCE).is_file())


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path to write to beside `target`; it replaces `target` when the block ends without an error."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield aside
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)

"""Files and folders that are there as a whole or not at all, after an error, a kill or a power cut.

One policy for all that is written into an output folder, or beside it:

1. It is written aside, on the same file system, under a name that no other writer has: a file beside its target, as
   ``.<name>.<token>.new``; a folder in ``.partial``.
2. Whoever writes holds a lock of the kernel's on it (``holds``): on the file itself, or on ``.<folder>.lock`` beside
   the folder.
3. Every file is had on the disk, then every folder that lists one (``syncing``). Of hundreds that are written one after
   the other, as clips into a folder that is aside itself, all are had there at once (:func:`one_of_many`).
4. It takes its place in one step: a rename, or an exchange with the folder that stands there.
5. The folders are had on the disk in which something was renamed. Only then does anybody say that it is done.
6. After an error nothing is left aside. What a killed process leaves has a lock that nobody holds, and is swept.

Where folders cannot be exchanged (NFS), there is none for a moment. What is about to happen is on the disk before, in
the lock file, and :func:`sweep` does the rest for a process that was killed in that moment.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from slceleb_core.disk.holds import HeldError, Hold, delete_abandoned, new_file
from slceleb_core.disk.refusals import is_of_libav, phrase, refusal, writing
from slceleb_core.disk.syncing import make_folder, settle, sync_file, sync_folder
from slceleb_core.errors import EncodingError, OutputError, SlcelebError

log = logging.getLogger(__name__)

PARTIAL = ".partial"
"""Folder of an output folder in which folders are written aside."""

LEFT_BEHIND = re.compile(r"\..+\.(new|\d+|\d+\.part)")
"""How a file is called that is written aside; the forms with a process id are those of earlier versions."""

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Of Linux' ``renameat2(2)``, which Python does not offer: paths are as they are; both exist, and change places."""


def token() -> str:
    """Return what makes the name of something aside its writer's own."""
    return secrets.token_hex(4)


def write_durably(target: Path, content: bytes) -> None:
    """Replace a file's content: whoever reads it, even after a crash, sees the old one or the new one.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    with writing(str(target)), replacing_file(target) as aside:
        aside.write_bytes(content)


@contextmanager
def replacing_file(target: Path) -> Iterator[Path]:
    """Give the path of an empty file beside `target`, to write to; it takes the place of `target` when the block ends.

    After an error the file is as it was.

    Raises
    ------
    OSError
        It cannot be written.
    """
    with one_of_many(target) as aside:
        yield aside
        sync_file(aside)
    sync_folder(target.parent)


@contextmanager
def one_of_many(target: Path) -> Iterator[Path]:
    """Do what :func:`replacing_file` does, but for power cuts: whoever writes them has all on the disk at the end.

    Errors are those of :func:`replacing_file`.
    """
    aside = target.with_name(f".{target.name}.{token()}.new")
    with new_file(aside):
        try:
            yield aside
            aside.replace(target)
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)  # on a full disk its part is space that others need


@contextmanager
def scratch_file(target: Path) -> Iterator[Path]:
    """Give the path of an empty file beside `target`, to write to, that is gone when the block ends.

    Raises
    ------
    OSError
        It cannot be made.
    """
    aside = target.with_name(f".{target.name}.{token()}.new")
    with new_file(aside):
        try:
            yield aside
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give what :func:`replacing_file` gives to whoever writes it with libav, and say what went wrong in our words.

    Power cuts are the caller's care (:func:`one_of_many`).

    What the block reads it must read through ``media.files.from_source``, or the like: every other error that a file
    system can have is taken for one of `target`'s.

    Raises
    ------
    OutputError
        The folder is missing, may not be written to, or has no space left.
    EncodingError
        libav refuses what it was given to write.
    """
    try:
        with one_of_many(target) as aside:
            yield aside
    except Exception as error:
        if not (isinstance(error, OSError) or is_of_libav(error)):
            raise
        message = f"{target}: cannot be written: {phrase(error)}"
        raise refusal(message, error) or _otherwise(message, target, error) from error


def _otherwise(message: str, target: Path, error: Exception) -> SlcelebError:
    """Return what a failure means that is none of the disk: something lies in the way, or libav does not like it."""
    if isinstance(error, OSError):
        return OutputError(message, "look at what lies there, or choose another output folder")
    return EncodingError(
        f"{target.name}: cannot be encoded: {phrase(error)}",
        "a newer PyAV (av) may manage it, or re-encode the video, for example to H.264",
    )


class Aside:
    """An empty folder in ``.partial`` that is this process's, until it is put in place or discarded.

    Parameters
    ----------
    output_dir
        The output folder.
    name
        What it is called there.
    video
        Of which video it is; empty: of none.

    Attributes
    ----------
    folder
        Where to write.

    Raises
    ------
    HeldError
        Somebody is writing under that name.
    OSError
        It cannot be made.
    """

    def __init__(self, output_dir: Path, name: str, video: str = "") -> None:
        self._output_dir = output_dir
        self.folder = output_dir / PARTIAL / name
        make_folder(self.folder.parent)
        self._hold = Hold.take(_lock_of(self.folder), video=video)
        try:
            _clear(output_dir, self._hold, self.folder)
            self.folder.mkdir()
        except BaseException:
            self._hold.leave()
            raise

    def put(self, target: Path, shelf: Path | None = None) -> None:
        """Have the folder take its place, and let go of it.

        Parameters
        ----------
        target
            The place, in the output folder.
        shelf
            Folder for what stands there; None: that is deleted.

        Raises
        ------
        OSError
            It cannot be put there: what stands there stays, and this is to be discarded.
        """
        settle(self.folder)
        make_folder(target.parent)
        if target.exists():
            self._replace(target, shelf)
        else:
            self.folder.rename(target)
        sync_folder(target.parent)
        sync_folder(self.folder.parent)
        self.discard()

    def discard(self) -> None:
        """Leave nothing aside; a second time, or when it has been put in place, nothing is done."""
        if not self._hold.held:
            return
        try:
            _clear(self._output_dir, self._hold, self.folder)
        except OSError as error:
            log.warning("%s is left behind: %s", self.folder, error)
            self._hold.leave()
        else:
            self._hold.release()

    def _replace(self, target: Path, shelf: Path | None) -> None:
        """Change places with what stands there, and take that away."""
        self._hold.state(
            target=str(target.relative_to(self._output_dir)),
            shelf="" if shelf is None else str(shelf.relative_to(self._output_dir)),
            inode=self.folder.stat().st_ino,
        )
        if not _exchanged(self.folder, target):
            self._follow(target, shelf)
        _clear(self._output_dir, self._hold, self.folder)

    def _follow(self, target: Path, shelf: Path | None) -> None:
        """Take a place that has been left for it; in two steps, as the file system cannot do it in one."""
        before = self.folder.with_name(f"{self.folder.name}.before") if shelf is None else _room(shelf, target.name)
        try:
            target.rename(before)
            self.folder.rename(target)
        except BaseException:
            if not target.exists():
                before.rename(target)
            raise
        sync_folder(before.parent)
        if shelf is None:
            shutil.rmtree(before, ignore_errors=True)


@contextmanager
def replacing_folder(output_dir: Path, target: Path) -> Iterator[Path]:
    """Give an empty folder to write to; it takes the place of `target`, which is deleted, when the block ends.

    Parameters
    ----------
    output_dir
        The output folder.
    target
        A folder in it, there already or not. After an error it is as it was.

    Raises
    ------
    OSError
        It cannot be written.
    """
    aside = Aside(output_dir, f"{target.name}.{token()}")
    try:
        yield aside.folder
        aside.put(target)
    finally:
        aside.discard()


def sweep(output_dir: Path) -> None:
    """Delete what killed processes left aside, and finish replacements in the middle of which they were killed.

    What somebody holds the lock of is left alone, so it does no harm while others write; but the names of files that
    are looked for are only those in the folder itself.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    partial = output_dir / PARTIAL
    with writing(f"to {partial}"):
        for name in sorted({_folder_of(entry.name) for entry in _entries(partial)}):
            with suppress(HeldError, PermissionError):
                hold = Hold.take(_lock_of(partial / name))
                try:
                    _clear(output_dir, hold, partial / name)
                except BaseException:
                    hold.leave()
                    raise
                hold.release()
        sweep_files(_entries(output_dir))


def sweep_files(paths: Iterable[Path]) -> None:
    """Delete those files among others that killed processes left aside."""
    for path in paths:
        if LEFT_BEHIND.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError, PermissionError):
                delete_abandoned(path)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _folder_of(name: str) -> str:
    """Return what something in ``.partial`` is, or is the lock of."""
    return name[1:].removesuffix(".lock") if name.startswith(".") and name.endswith(".lock") else name


def _clear(output_dir: Path, hold: Hold, folder: Path) -> None:
    """Leave nothing of a folder aside; the caller holds its lock.

    Where it was about to take the place of another, it does so if there is none. If it has done so already, what is
    left is the other, which goes where it was to go.
    """
    target, shelf, inode = (hold.facts.get(key) for key in ("target", "shelf", "inode"))
    if target and folder.is_dir():
        place = output_dir / str(target)
        if not place.exists():
            make_folder(place.parent)
            folder.rename(place)
            sync_folder(place.parent)
            log.info("%s has been put in place for a process that was killed", place)
        elif shelf and folder.stat().st_ino != inode:
            shelve(folder, output_dir / str(shelf), place.name)
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        folder.unlink(missing_ok=True)
    if target:
        hold.state(target="", shelf="", inode=0)


def shelve(folder: Path, shelf: Path, name: str) -> None:
    """Move a folder to a place on a shelf, numbered behind those of the same name that lie there."""
    folder.rename(_room(shelf, name))
    sync_folder(shelf)
    sync_folder(folder.parent)


def _room(shelf: Path, name: str) -> Path:
    """Return a place on a shelf behind all of that name, so that numbers tell the order, whatever was deleted."""
    make_folder(shelf)
    numbers = (other.name.removeprefix(f"{name}.") for other in shelf.glob(f"{escape(name)}.*"))
    return shelf / f"{name}.{max((int(number) for number in numbers if number.isdecimal()), default=0) + 1}"


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system or the file system (NFS) cannot."""
    try:
        swap = ctypes.CDLL(None).renameat2  # glibc 2.28
    except (AttributeError, OSError):
        return False
    return bool(swap(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0)

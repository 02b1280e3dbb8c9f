"""Whose something aside is: a lock file beside a folder, or a lock on a file itself, for as long as it is written.

A lock is the kernel's: it reaches across containers, no process id is compared, and when whoever holds it is killed it
is free. What a lock file says is for people, and for file systems that know no locks.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from slceleb_core.disk.handles import TAKEN, Handle
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.types import JsonValue

LONGEST = 65_536
"""Bytes of a lock file that are read: a path has at most 4096, six times that with every character escaped."""

SIGNATURE = 1.0
"""Seconds that are waited for whoever has just taken a lock to sign it; that takes far less than a millisecond."""

FORGOTTEN = 24 * 3600.0
"""Seconds after which, where there are no locks, a file that nobody has written to is of a process that is gone."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process, as a lock file states it.

    Attributes
    ----------
    pid, host
        For people.
    since
        When it took the lock: ISO 8601, UTC.
    machine
        The boot of its machine and its PID namespace: where process ids mean the same; empty: the system does not say.
    started
        When the process started, in ticks since that boot, as ids are used again; 0: the system does not say.
    """

    pid: int
    host: str
    since: str
    machine: str = ""
    started: int = 0

    @classmethod
    def here(cls) -> Holder:
        """Return this process."""
        pid = os.getpid()
        return cls(pid, socket.gethostname(), utc_timestamp(), _machine(), _started(pid) or 0)

    @property
    def gone(self) -> bool:
        """Whether it is known to have ended: never of a process on another machine, or in another container."""
        return bool(self.machine) and self.machine == _machine() and _started(self.pid) != self.started

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (since {self.since})"


def _machine() -> str:
    try:
        if str(Path("/proc/self").readlink()) != str(os.getpid()):  # /proc is of another PID namespace
            return ""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """Return when a process started; None where there is none of that id."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[19])  # field 22 of proc(5); the name may hold anything


class HeldError(OSError):
    """A lock is somebody else's; that passes, as of everything that is busy.

    Parameters
    ----------
    facts
        What the lock file says; :attr:`holder` is whose it is, in words, as far as it tells.
    unlocked
        The lock file, where there are no locks, so that nobody can tell for sure whether its holder is still there.
    """

    def __init__(self, facts: Mapping[str, JsonValue], unlocked: Path | None = None) -> None:
        self.facts = facts
        self.unlocked = unlocked
        self.holder = _in_words(facts)
        super().__init__(errno.EBUSY, self.holder)


class Hold:
    """A lock file that this process holds.

    Where there are no locks, the file is taken for somebody's until it says of whom, and that process is known to be
    gone.

    Attributes
    ----------
    path
        The file.
    facts
        What it says besides whose it is. What was left there by a holder that was killed stays until it is overwritten.
    """

    def __init__(self, path: Path, handle: Handle, facts: Mapping[str, JsonValue]) -> None:
        self.path = path
        self.facts = facts
        self._handle = handle
        weakref.finalize(self, handle.close)  # whoever fails while letting go of it holds up nobody

    @classmethod
    def take(cls, path: Path, **facts: JsonValue) -> Hold:
        """Make a lock file, or take over one whose holder is gone, and have it say `facts`.

        Raises
        ------
        HeldError
            Somebody holds it.
        OSError
            It cannot be written.
        """
        handle = _seized(path)
        try:
            left = {key: value for key, value in _stated(handle).items() if key not in Holder.__slots__}
            hold = cls(path, handle, {**left, **facts})
            sign(handle, hold.facts)  # of no use after a power cut, so it need not be on the disk
        except BaseException:
            handle.close()
            raise
        return hold

    def state(self, **facts: JsonValue) -> None:
        """Have the file say more; it is on the disk when this returns."""
        self.facts = {**self.facts, **facts}
        sign(self._handle, self.facts)
        os.fsync(self._handle.number)

    @property
    def held(self) -> bool:
        """Whether it still is: not in a process that was forked, nor once it has been let go."""
        return self._handle.is_open

    def release(self) -> None:
        """Delete the file and let go of it; a second time nothing is done."""
        if self.held:
            self.path.unlink(missing_ok=True)
        self.leave()

    def leave(self) -> None:
        """Let go of the file, and leave it to be taken over; a second time nothing is done."""
        self._handle.close()


@contextmanager
def new_file(path: Path) -> Iterator[None]:
    """Make a file, and hold the lock of it, where there are locks, for as long as the block lasts.

    Raises
    ------
    FileExistsError
        It is there already.
    """
    handle = _made_and_locked(path)
    try:
        yield
    finally:
        handle.close()


def _made_and_locked(path: Path) -> Handle:
    """Make a file and lock it; again where somebody has swept it in between."""
    while True:
        handle = Handle(path, os.O_CREAT | os.O_EXCL)
        with suppress(OSError):
            fcntl.flock(handle.number, fcntl.LOCK_EX)  # whoever sweeps it has it for a moment
        if handle.is_at(path):
            return handle
        handle.close()


def delete_abandoned(path: Path) -> None:
    """Delete a file unless somebody holds the lock of it, or, where there are no locks, has lately written to it."""
    handle = Handle(path)
    try:
        if _is_abandoned(handle):
            path.unlink(missing_ok=True)
    finally:
        handle.close()


def _is_abandoned(handle: Handle) -> bool:
    try:
        fcntl.flock(handle.number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in TAKEN and time.time() - os.fstat(handle.number).st_mtime > FORGOTTEN
    return True


def _seized(path: Path) -> Handle:
    """Return the handle of a lock file that is this process's from now on."""
    while True:
        handle, fresh = _made(path)
        try:
            _demand_free(handle, path, fresh=fresh)
            if handle.is_at(path):
                return handle
        except BaseException:
            handle.close()
            raise
        handle.close()  # whoever held it has deleted it meanwhile


def _made(path: Path) -> tuple[Handle, bool]:
    """Open a lock file, and tell whether it was made by that."""
    while not path.is_symlink():  # one that leads nowhere is there, and is not, for ever
        with suppress(FileExistsError):
            return Handle(path, os.O_CREAT | os.O_EXCL), True
        with suppress(FileNotFoundError):
            return Handle(path), False
    raise OSError(errno.ELOOP, "a lock may not be a link", str(path))


def _demand_free(handle: Handle, path: Path, *, fresh: bool) -> None:
    """Lock a file; raise HeldError where it is somebody's."""
    try:
        fcntl.flock(handle.number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in TAKEN:
            raise HeldError(_signed(handle)) from None
        if fresh:
            return
        facts = _signed(handle)
        holder = _holder_of(facts)
        if holder is None or not holder.gone:
            raise HeldError(facts, unlocked=path) from None


def sign(handle: Handle, facts: Mapping[str, JsonValue]) -> None:
    """Have a lock file say that it is this process's, and what else there is to say."""
    text = json.dumps({**facts, **asdict(Holder.here())}).encode() + b"\n"
    os.pwrite(handle.number, text, 0)
    os.ftruncate(handle.number, len(text))  # last: whoever is killed between leaves a first line that is whole


def _signed(handle: Handle) -> dict[str, JsonValue]:
    """Return what a lock file says, once it says something."""
    patient = time.monotonic() + SIGNATURE
    while not (facts := _stated(handle)) and time.monotonic() < patient:
        time.sleep(SIGNATURE / 20)
    return facts


def _stated(handle: Handle) -> dict[str, JsonValue]:
    """Return what a lock file says; nothing where it makes no sense."""
    try:
        facts = json.loads(os.pread(handle.number, LONGEST, 0).partition(b"\n")[0])
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def holder_of(handle: Handle) -> str:
    """Return whose a lock file is that is somebody else's, in words, as far as it tells."""
    return _in_words(_stated(handle))


def _in_words(facts: Mapping[str, JsonValue]) -> str:
    return str(_holder_of(facts) or "another process")


def _holder_of(facts: Mapping[str, JsonValue]) -> Holder | None:
    try:
        return Holder(**{name: facts[name] for name in Holder.__slots__})
    except KeyError:
        return None

"""Locks: one process at a time works in an output folder, and what lies aside there is its whose lock is on it.

A lock is the kernel's: it reaches across containers, no process id is compared, and when whoever holds it is killed it
is free. What a lock file says is for people, and for file systems that know no locks.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from slceleb_core.disk.refusals import ELSEWHERE, writing
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import UsageError
from slceleb_core.types import JsonValue

log = logging.getLogger(__name__)

LOCK = ".lock"
"""What the lock file of an output folder is called."""

TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
"""What is said where somebody else holds the lock."""

LONGEST = 65_536
"""Bytes of a lock file that are read: a path has at most 4096, six times that with every character escaped."""

SIGNATURE = 1.0
"""Seconds that are waited for whoever has just taken a lock to sign it; that takes far less than a millisecond."""

FORGOTTEN = 24 * 3600.0
"""Seconds after which, where there are no locks, a file that nobody has written to is of a process that is gone."""

_handles: set[int] = set()
"""Of the locks of this process."""


@contextmanager
def claimed(output_dir: Path) -> Iterator[None]:
    """Keep other processes out of an output folder for as long as the block lasts.

    A file system that knows no locks (some network folders) is worked on without one, with a warning.

    Parameters
    ----------
    output_dir
        The folder; made where it is missing.

    Raises
    ------
    UsageError
        Another process works there; the line says which.
    OutputError
        The folder cannot be written to.
    """
    with writing(f"to the output folder {output_dir}"):
        output_dir.mkdir(parents=True, exist_ok=True)
        handle = _opened(output_dir / LOCK, os.O_CREAT)
    try:
        _claim(handle, output_dir)
        with writing(f"to the output folder {output_dir}"):
            _sign(handle, {})
        yield
    finally:
        _let_go(handle)


def _claim(handle: int, output_dir: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in TAKEN:
            raise UsageError(
                f"{HeldError(_stated(handle)).holder} works in the output folder {output_dir}",
                f"wait for it, stop it, or {ELSEWHERE}",
            ) from None
        log.warning(
            "the output folder %s cannot be locked: %s",
            output_dir,
            error.strerror,
            extra={"hint": "make sure that no other process works there"},
        )


def record_locks_work(path: Path) -> bool:
    """Tell whether the file system of `path`, a file that is made where it is missing, knows locks as SQLite uses them.

    Where it does not, SQLite would take the refusal for a lock of somebody else, and wait for it.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return True  # whoever opens the file for its own sake says why it cannot
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in TAKEN
    finally:
        os.close(handle)
    return True


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
    """

    def __init__(self, facts: Mapping[str, JsonValue]) -> None:
        self.facts = facts
        self.holder = str(_holder_of(facts) or "another process")
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

    def __init__(self, path: Path, handle: int, facts: Mapping[str, JsonValue]) -> None:
        self.path = path
        self.facts = facts
        self._handle = handle

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
            hold = cls(path, handle, left)
            hold.state(**facts)
        except BaseException:
            _let_go(handle)
            raise
        return hold

    def state(self, **facts: JsonValue) -> None:
        """Have the file say more; it is on the disk when this returns."""
        self.facts = {**self.facts, **facts}
        _sign(self._handle, self.facts)
        os.fsync(self._handle)

    @property
    def held(self) -> bool:
        """Whether it still is: not in a process that was forked, nor once it has been let go."""
        return self._handle in _handles

    def release(self) -> None:
        """Delete the file and let go of it; a second time nothing is done."""
        if self.held:
            self.path.unlink(missing_ok=True)
        self.leave()

    def leave(self) -> None:
        """Let go of the file, and leave it to be taken over; a second time nothing is done."""
        _let_go(self._handle)
        self._handle = -1


@contextmanager
def new_file(path: Path) -> Iterator[None]:
    """Make a file, and hold the lock of it, where there are locks, for as long as the block lasts.

    Raises
    ------
    FileExistsError
        It is there already, or was, and has been swept before it could be locked.
    """
    handle = _opened(path, os.O_CREAT | os.O_EXCL)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_at(handle, path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        yield
    finally:
        _let_go(handle)


def delete_abandoned(path: Path) -> None:
    """Delete a file unless somebody holds the lock of it, or, where there are no locks, has lately written to it."""
    handle = _opened(path)
    try:
        if _is_abandoned(handle):
            path.unlink(missing_ok=True)
    finally:
        _let_go(handle)


def _is_abandoned(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in TAKEN and time.time() - os.fstat(handle).st_mtime > FORGOTTEN
    return True


def _seized(path: Path) -> int:
    """Return the handle of a lock file that is this process's from now on."""
    while True:
        handle, fresh = _made(path)
        try:
            _demand_free(handle, fresh=fresh)
            if _is_at(handle, path):
                return handle
        except BaseException:
            _let_go(handle)
            raise
        _let_go(handle)  # whoever held it has deleted it meanwhile


def _made(path: Path) -> tuple[int, bool]:
    """Open a lock file, and tell whether it was made by that."""
    while True:
        with suppress(FileExistsError):
            return _opened(path, os.O_CREAT | os.O_EXCL), True
        with suppress(FileNotFoundError):
            return _opened(path), False


def _demand_free(handle: int, *, fresh: bool) -> None:
    """Lock a file; raise HeldError where it is somebody's."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in TAKEN and fresh:
            return
        facts = _signed(handle)
        holder = _holder_of(facts)
        if error.errno in TAKEN or holder is None or not holder.gone:
            raise HeldError(facts) from None


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _sign(handle: int, facts: Mapping[str, JsonValue]) -> None:
    text = json.dumps({**facts, **asdict(Holder.here())}).encode() + b"\n"
    os.pwrite(handle, text, 0)
    os.ftruncate(handle, len(text))  # last: whoever is killed between leaves a first line that is whole


def _signed(handle: int) -> dict[str, JsonValue]:
    """Return what a lock file says, once it says something."""
    patient = time.monotonic() + SIGNATURE
    while not (facts := _stated(handle)) and time.monotonic() < patient:
        time.sleep(SIGNATURE / 20)
    return facts


def _stated(handle: int) -> dict[str, JsonValue]:
    """Return what a lock file says; nothing where it makes no sense."""
    try:
        facts = json.loads(os.pread(handle, LONGEST, 0).partition(b"\n")[0])
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _holder_of(facts: Mapping[str, JsonValue]) -> Holder | None:
    try:
        return Holder(**{name: facts[name] for name in Holder.__slots__})
    except KeyError:
        return None


def _opened(path: Path, flags: int = 0) -> int:
    handle = os.open(path, os.O_RDWR | flags, 0o666)
    _handles.add(handle)
    return handle


def _let_go(handle: int) -> None:
    if handle in _handles:
        _handles.remove(handle)
        os.close(handle)


def _forget() -> None:
    """In a process that has just been forked: a lock is the parent's, and must not outlive it in here."""
    for handle in list(_handles):
        _let_go(handle)


os.register_at_fork(after_in_child=_forget)

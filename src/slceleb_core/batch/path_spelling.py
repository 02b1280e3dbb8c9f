"""What people write where a file is meant, and which file that is.

Windows copies paths in quotes, shells escape spaces, browsers and players write addresses, and a Mac takes accents
apart (``e`` and a combining mark in place of ``é``). Whatever is a file here as it stands is that file; only where
there is none is the text read in another way, and that way counts only where it leads to a file.
"""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from slceleb_core.errors import UsageError
from slceleb_core.jobs import Absence

QUOTES = {'"': '"', "'": "'", "“": "”", "\u2018": "\u2019", "„": "“", "«": "»"}
"""What stands before a quoted path, and what behind it."""

UNSEEN = "".join(map(chr, (0xFEFF, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Marks without a shape that are copied along: of byte order, and of the direction of writing, as Windows puts
before the path that it shows among a file's properties."""

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE | re.ASCII)

BARE_ADDRESS = re.compile(r"www\.[^/\s]+\.[a-z]+/", re.IGNORECASE | re.ASCII)
"""An address as people type it."""

DRIVE = re.compile(r"(?:\\\\[?.]\\)?([a-z]):[\\/]", re.IGNORECASE | re.ASCII)
"""How a path of Windows begins, also a long one (``\\\\?\\C:\\``)."""

SHARE = re.compile(r"\\\\[^\\/?.]")
"""How the path of a network folder of Windows begins: ``\\\\server``."""

VARIABLE = re.compile(r"%\w+%[\\/]", re.ASCII)
"""How a path of Windows begins that is relative to a folder of the system: ``%USERPROFILE%\\``."""

LINUX = re.compile(r"\\\\wsl(?:\$|\.localhost)\\[^\\]+(?=\\)", re.IGNORECASE)
"""What Windows puts before the paths of a Linux that runs under it (WSL)."""

SHARES = frozenset({"afp", "cifs", "nfs", "smb"})
"""Schemes of addresses of network folders."""

MOUNTS = Path("/mnt")
"""Where Linux under Windows (WSL) has the drives."""


@dataclass(frozen=True, slots=True)
class ResolvedPath:
    """What a text means.

    Attributes
    ----------
    path
        The file; where there is none, what it would be.
    absence
        Why there is none; None: there is one.
    """

    path: Path
    absence: Absence | None = None


def resolve_path(text: str, folder: Path, where: str = "") -> ResolvedPath:
    """Return which file a text means.

    Parameters
    ----------
    text
        A path, in quotes or not, or an address.
    folder
        What a relative path is relative to.
    where
        Where the text stands, for people: ``videos.csv:12``; empty: on the command line.

    Raises
    ------
    UsageError
        No file can be called so.
    """
    _check(text, where)
    for candidate in filter(None, _readings(text)):
        found = existing_path(folder / candidate)
        if found is not None:
            return ResolvedPath(found)
    plain = _plain(text)
    path = folder / (_of_address(plain) or plain)
    return ResolvedPath(path, None if _is_out_of_reach(path) else _absence(plain, where))


def _is_out_of_reach(path: Path) -> bool:
    """Tell whether it cannot be known if there is something: a folder that may not be entered, a disk that is gone."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: no file on this machine can be called so
        return False
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    return True


def is_missing(path: Path) -> bool:
    """Tell whether it is known that there is nothing of this name."""
    return not os.path.lexists(path) and not _is_out_of_reach(path)


def _check(text: str, where: str) -> None:
    """Refuse what no file on this machine can be called, as the system would refuse to look for it."""
    try:
        fault = "a zero character" if b"\0" in os.fsencode(text) else ""
    except UnicodeEncodeError as error:
        fault = f"{text[error.start]!a}, which the encoding {error.encoding} of this machine does not have"
    if fault:
        named = " ".join(filter(None, [f"{where}:" if where else "", ascii(text)]))
        raise UsageError(f"{named} names no file: it holds {fault}", "mend the name, or set LC_ALL=C.UTF-8")


def existing_path(path: Path) -> Path | None:
    """Return `path` as the disk has it, with its accents composed or taken apart; None where there is nothing.

    Each folder and the file may be written in another way. What is there exactly as it is written goes before.
    """
    if os.path.lexists(path):
        return path
    place = Path(path.anchor)
    for part in path.parts[1 if path.anchor else 0 :]:
        found = _entry(place, part)
        if found is None:
            return None
        place = found
    return place


def _entry(folder: Path, name: str) -> Path | None:
    exact = folder / name
    if os.path.lexists(exact):
        return exact
    if name.isascii():
        return None
    composed = unicodedata.normalize("NFC", name)
    try:
        there = sorted(entry.name for entry in os.scandir(folder) if not entry.name.isascii())
    except OSError:
        return None
    return next((folder / entry for entry in there if unicodedata.normalize("NFC", entry) == composed), None)


def _readings(text: str) -> Iterator[str]:
    """Yield what a text may mean, the most literal first."""
    yield text
    yield text.strip()
    plain = _plain(text)
    yield plain
    yield os.path.expanduser(plain)  # noqa: PTH111 - Path's raises where there is no such user
    yield _of_address(plain)
    if plain.endswith((",", ";")):
        yield _plain(plain[:-1])  # a line out of a program or of a table
    if "%" in plain:
        yield _unescaped(plain)
    if LINUX.match(plain):
        yield LINUX.sub("", plain).replace("\\", "/")
    if "\\" in plain and not DRIVE.match(plain) and not SHARE.match(plain):
        yield re.sub(r"\\(.)", r"\1", plain)  # as shells escape what is special
        yield plain.replace("\\", "/")  # a relative path of Windows


def _plain(text: str) -> str:
    """Return a text without space, marks and quotes around it."""
    bare = text.strip(UNSEEN + " \t\r\n\x1a")
    closing = QUOTES.get(bare[:1], "")
    if len(bare) > 2 and closing and bare.endswith(closing):
        return bare[1:-1].strip(UNSEEN)
    return bare


def _of_address(text: str) -> str:
    """Return the path of a ``file:`` address; empty where it is no such address, or one of another machine."""
    if not text[:6].lower().startswith("file:/"):
        return ""
    try:
        address = urlsplit(text.replace("?", "%3F").replace("#", "%23"))  # a name may hold either
    except ValueError:
        return ""
    here = address.netloc.lower() in ("", "localhost")
    return _unescaped(address.path) if here else ""


def _unescaped(text: str) -> str:
    """Return a text without the escapes of an address, but for zero characters: no file can be called so."""
    return unquote(text, errors="surrogateescape").replace("\0", "%00")


def _absence(text: str, where: str) -> Absence:
    """Return why a text names no file."""
    path = _of_address(text)
    if _is_of_windows(text) or _is_of_windows(path.removeprefix("/")):
        return Absence(text, where, "a Windows path, and this machine has none", _mounted(path or text))
    scheme = ADDRESS.match(text)
    if scheme is None or path:
        is_address = BARE_ADDRESS.match(text) is not None
        return _address(text, where) if is_address else Absence(text, where, "no such file", SPELLING)
    if scheme[1].lower() == "file":
        return Absence(text, where, "a file of another machine", "copy it here, or name it as this machine does")
    if scheme[1].lower() in SHARES:
        return Absence(text, where, "an address, not a file", "mount the folder first, and name the file there")
    return _address(text, where)


def _is_of_windows(text: str) -> bool:
    below = text.lower().removeprefix("file://")  # as people write addresses who count slashes from the right
    return any(kind.match(below) for kind in (DRIVE, VARIABLE)) or text.startswith("\\")


SPELLING = "check the spelling of the path"


def _address(text: str, where: str) -> Absence:
    return Absence(text, where, "an address, not a file", "download it first, and name the file")


def _mounted(text: str) -> str:
    """Return how this machine may call a path of Windows."""
    drive = DRIVE.match(text.removeprefix("/"))
    if drive is not None and (MOUNTS / drive[1].lower()).is_dir():
        rest = text.removeprefix("/")[drive.end() :].replace("\\", "/")
        return f"Linux under Windows calls it {MOUNTS / drive[1].lower() / rest}"
    return "name the file as this machine calls it"

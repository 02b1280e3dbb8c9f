"""``removals.jsonl``: what has been taken out of a corpus, when, by whom and why; and what must not come back.

The record itself must be no trace of what was taken out. So it holds no name and no path, but salted hashes of them:
whoever knows a name can find out whether it was removed, and nobody can read names out of it. A name is easily
guessed; the hashes are no protection against somebody who tries out names.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from slceleb_core.disk.fingerprint import Stamp
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.durable import write_durably
from slceleb_core.errors import OneVideoError, UsageError

REMOVALS = "removals.jsonl"
"""What the file is called, in an output folder."""

TAKE_IN = f"delete the line from {REMOVALS}"
"""What is to be done where a removal is no longer meant."""

Kind: TypeAlias = Literal["person", "video", "segments"]


@dataclass(frozen=True, slots=True)
class RemovalStats:
    """How much was taken out.

    Attributes
    ----------
    segments, seconds
        How many, and how long they were together.
    videos
        In how many videos.
    files
        Files that were deleted, or moved out of the corpus.
    """

    segments: int = 0
    seconds: float = 0.0
    videos: int = 0
    files: int = 0

    def __add__(self, other: RemovalStats) -> RemovalStats:
        return RemovalStats(
            self.segments + other.segments,
            round(self.seconds + other.seconds, 3),
            self.videos + other.videos,
            self.files + other.files,
        )


@dataclass(frozen=True, slots=True)
class Removal:
    """One line of the record.

    Attributes
    ----------
    kind
        A person, a video, or single segments.
    by, reason
        Who decided it, and why; the reason may be empty.
    begun
        When: ISO 8601, UTC.
    finished
        When it was done; None: it was not carried out to its end.
    stats
        How much was taken out.
    id
        Of the line.
    salt
        Of the hashes; the same in all lines of a folder.
    hashes
        Of the person's name; of the video's names and fingerprint. Of segments none: they may be judged again.
    """

    kind: Kind
    by: str
    reason: str = ""
    begun: str = field(default_factory=utc_timestamp)
    finished: str | None = None
    stats: RemovalStats = field(default_factory=RemovalStats)
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    salt: str = field(default_factory=lambda: secrets.token_hex(16))
    hashes: tuple[str, ...] = ()

    def about(self, known: Iterable[str], salt: str | None) -> Removal:
        """Return this record with the hashes of what it is about; `salt` of the folder, None: it has none yet."""
        salt = salt or self.salt
        return replace(self, salt=salt, hashes=tuple(_hash(salt, one) for one in known))

    def concerns(self, known: Iterable[str]) -> bool:
        """Tell whether it is about that name, or that file."""
        return any(_hash(self.salt, one) in self.hashes for one in known if one)

    @property
    def when(self) -> str:
        """The day, for people."""
        return self.begun[:10]


def _hash(salt: str, secret: str) -> str:
    normal = unicodedata.normalize("NFC", secret).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(normal, key=bytes.fromhex(salt), digest_size=16).hexdigest()


def whoever() -> str:
    """Return the name of the user who runs this."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a user without a name
        return "unknown"


def read_removals(output_dir: Path) -> tuple[Removal, ...]:
    """Return what has been taken out of a corpus, in order of time.

    Raises
    ------
    UsageError
        The record cannot be read, so that nobody knows what must not come back.
    """
    path = output_dir / REMOVALS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return tuple(_removal_of(line) for line in lines if line.strip())
    except (FileNotFoundError, NotADirectoryError):
        return ()  # whoever is to write there says what is wrong with the folder
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"cannot read {path}: {error}", "mend it: it says what must not come back") from None


def _removal_of(line: str) -> Removal:
    stated = json.loads(line)
    return Removal(**{**stated, "stats": RemovalStats(**stated["stats"]), "hashes": tuple(stated["hashes"])})


def write_removal(output_dir: Path, removal: Removal) -> None:
    """Add a line to the record, or replace the one with the same id.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    others = [one for one in read_removals(output_dir) if one.id != removal.id]
    text = "".join(json.dumps(asdict(one)) + "\n" for one in [*others, removal])
    write_durably(output_dir / REMOVALS, text.encode())


class KeptOut:
    """What must not come back into a corpus.

    Parameters
    ----------
    output_dir
        The corpus.

    Raises
    ------
    UsageError
        Its record cannot be read.
    """

    def __init__(self, output_dir: Path) -> None:
        self._by_hash: dict[tuple[str, str], Removal] = {}
        for one in read_removals(output_dir):
            self._by_hash |= {(one.salt, hashed): one for hashed in one.hashes}
        self._salts = sorted({salt for salt, _ in self._by_hash})

    def person(self, name: str) -> Removal | None:
        """Return the record of the removal of a person; None: they were not removed."""
        return self._find("person", [name.strip()])

    def video(self, path: Path, fingerprint: str = "") -> Removal | None:
        """Return the record of the removal of a video; None: it was not removed.

        It is known by its fingerprint, and as long as that is not known by its path, size and date.
        """
        if not self._by_hash:
            return None
        return self._find("video", [fingerprint] if fingerprint else [stamp_of(path)])

    def named(self, name: str) -> bool:
        """Tell whether a video of that name was removed."""
        return self._find("video", [name]) is not None

    def _find(self, kind: Kind, known: Sequence[str]) -> Removal | None:
        found = (self._by_hash.get((salt, _hash(salt, one))) for salt in self._salts for one in known if one)
        return next((one for one in found if one is not None and one.kind == kind), None)


def refuse_people(output_dir: Path, people: Iterable[str], place: Path | None = None) -> None:
    """Raise where somebody is looked for who was removed from the corpus.

    Parameters
    ----------
    output_dir
        The corpus.
    people
        Whoever a face is compared with, looked for or not.
    place
        Where their photos are, for the message; None: there is only a gallery.

    Raises
    ------
    UsageError
        Somebody of them was removed.
    """
    kept_out = KeptOut(output_dir)
    for name in people:
        removal = kept_out.person(name)
        if removal is not None:
            still = "they are in the gallery" if place is None else f"there are photos in {place}"
            what = f"{name} was removed from the corpus {output_dir} on {removal.when}, and {still}"
            raise UsageError(what, f"take them away; to take {name} in again, {TAKE_IN}")


def refuse_video(output_dir: Path, video: Path, fingerprint: str) -> None:
    """Raise for a file that was removed from the corpus, whatever it is called now.

    Raises
    ------
    OneVideoError
        It was removed.
    UsageError
        The record cannot be read.
    """
    removal = KeptOut(output_dir).video(video, fingerprint)
    if removal is not None:
        what = f"{video}: this file was removed from the corpus {output_dir} on {removal.when}"
        raise OneVideoError(what, f"leave it out; to take it in again, {TAKE_IN}")


def stamp_of(video: Path) -> str:
    """Return by what a file is known without reading it: its path, size and date; empty where there is none."""
    stamp = Stamp.of(video)
    return "" if stamp is None else json.dumps([str(video.absolute()), stamp.size, stamp.mtime_ns])

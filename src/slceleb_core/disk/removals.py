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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.fingerprint import Stamp
from slceleb_core.disk.timestamps import utc_timestamp
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
        Of the person's name; of the video's names and fingerprint; of the segments' ids, so that a removal that was
        stopped is gone on with for what it is about. (Segments may be judged again: they are not kept out.)
    aside
        Of segments: folder into which their clips are moved, below the output folder or elsewhere; None: they are
        deleted.
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
    aside: str | None = None

    def about(self, known: Iterable[str], salt: str | None) -> Removal:
        """Return this record with the hashes of what it is about; `salt` of the folder, None: it has none yet."""
        salt = salt or self.salt
        return replace(self, salt=salt, hashes=tuple(_hash(salt, name) for name in known))

    def concerns(self, known: Iterable[str]) -> bool:
        """Tell whether it is about that name, or that file."""
        return any(_hash(self.salt, name) in self.hashes for name in known if name)

    def among(self, known: Iterable[str]) -> tuple[str, ...]:
        """Return those that it is about."""
        hashes = frozenset(self.hashes)
        return tuple(name for name in known if _hash(self.salt, name) in hashes)

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
    others = [other for other in read_removals(output_dir) if other.id != removal.id]
    text = "".join(json.dumps(asdict(record)) + "\n" for record in [*others, removal])
    write_durably(output_dir / REMOVALS, text.encode())


@dataclass(frozen=True, slots=True)
class KeptOut:
    """What must not come back into a corpus: by hashes alone, so that it can be sent to where no such folder is seen.

    Attributes
    ----------
    corpus
        The output folder, for messages.
    by_salt
        The removals, by salt, and by kind and hash: a person and a video may have one name.
    """

    corpus: Path
    by_salt: Mapping[str, Mapping[tuple[Kind, str], Removal]] = field(default_factory=dict)

    @classmethod
    def of(cls, output_dir: Path) -> KeptOut:
        """Return what must not come back into a corpus, as it stands now.

        Raises
        ------
        UsageError
            Its record cannot be read.
        """
        by_salt: dict[str, dict[tuple[Kind, str], Removal]] = {}
        for removal in read_removals(output_dir):
            untold = replace(removal, by="", reason="")  # who wrote a reason may have written a name into it
            known = by_salt.setdefault(removal.salt, {})
            known.update({(removal.kind, hashed): untold for hashed in removal.hashes})
        return cls(output_dir, by_salt)

    def person(self, name: str) -> Removal | None:
        """Return the record of the removal of a person; None: they were not removed."""
        return self._find("person", [name.strip()])

    def video(self, path: Path, fingerprint: str = "") -> Removal | None:
        """Return the record of the removal of a video; None: it was not removed.

        It is known by its fingerprint, and as long as that is not known by its path, size and date.
        """
        if not self.by_salt:
            return None
        return self._find("video", [fingerprint] if fingerprint else [stamp_of(path)])

    def named(self, name: str) -> bool:
        """Tell whether a video of that name was removed."""
        return self._find("video", [name]) is not None

    def refuse_people(self, people: Iterable[str], place: Path | None = None) -> None:
        """Raise where somebody is looked for who was removed.

        Parameters
        ----------
        people
            Whoever a face is compared with, looked for or not.
        place
            Where their photos are, for the message; None: there is only a gallery.

        Raises
        ------
        UsageError
            Somebody of them was removed.
        """
        for name in people:
            removal = self.person(name)
            if removal is not None:
                still = "they are in the gallery" if place is None else f"there are photos in {place}"
                what = f"{name} was removed from the corpus {self.corpus} on {removal.when}, and {still}"
                raise UsageError(what, f"take them away; to take {name} in again, {TAKE_IN}")

    def refuse_video(self, video: Path, fingerprint: str) -> None:
        """Raise for a file that was removed, whatever it is called now.

        Raises
        ------
        OneVideoError
            It was removed.
        """
        removal = self.video(video, fingerprint)
        if removal is not None:
            what = f"{video}: this file was removed from the corpus {self.corpus} on {removal.when}"
            raise OneVideoError(what, f"leave it out; to take it in again, {TAKE_IN}")

    def _find(self, kind: Kind, known: Sequence[str]) -> Removal | None:
        told = [secret for secret in known if secret]
        found = (known.get((kind, _hash(salt, secret))) for salt, known in self.by_salt.items() for secret in told)
        return next((removal for removal in found if removal is not None), None)


def refuse_people(output_dir: Path, people: Iterable[str], place: Path | None = None) -> None:
    """Raise where somebody is looked for who was removed from the corpus: :meth:`KeptOut.refuse_people`, as of now.

    Raises
    ------
    UsageError
        Somebody of them was removed, or the record cannot be read.
    """
    KeptOut.of(output_dir).refuse_people(people, place)


def refuse_video(output_dir: Path, video: Path, fingerprint: str) -> None:
    """Raise for a file that was removed from the corpus: :meth:`KeptOut.refuse_video`, as of now.

    Raises
    ------
    OneVideoError
        It was removed.
    UsageError
        The record cannot be read.
    """
    KeptOut.of(output_dir).refuse_video(video, fingerprint)


def refuse_results(output_dir: Path, video: Path, fingerprint: str, people: Iterable[str]) -> None:
    """Raise for results that must not come in; to be asked right before they are put into place.

    Hours may have passed since the video was begun: what was removed meanwhile counts as well.

    Parameters
    ----------
    output_dir
        The corpus.
    video
        The file that they are of.
    fingerprint
        Of that file.
    people
        Everybody whom its faces were compared with.

    Raises
    ------
    OneVideoError
        The file was removed.
    UsageError
        Somebody of them was removed, or the record cannot be read.
    """
    kept_out = KeptOut.of(output_dir)
    kept_out.refuse_video(video, fingerprint)
    kept_out.refuse_people(people)


def stamp_of(video: Path) -> str:
    """Return by what a file is known without reading it: its path, size and date; empty where there is none."""
    stamp = Stamp.of(video)
    return "" if stamp is None else json.dumps([str(video.absolute()), stamp.size, stamp.mtime_ns])

"""A group of recordings on one clock: which file's it is, and where each of the others lies on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.media.synchrony.links import Links, disagreements
from slceleb_core.media.synchrony.members import Member, gather, listen
from slceleb_core.media.synchrony.model import Alignment, Placement, Recording, Refusal, Refused, Synchrony
from slceleb_core.media.synchrony.pairs import compare_heard
from slceleb_core.media.synchrony.stated import by_offset, by_timecode, common_timecode
from slceleb_core.media.synchrony.words import (
    another_group,
    broken_off,
    cannot_place,
    elsewhere,
    not_told,
    open_triangle,
)

OPEN = 0.020
"""Seconds by which a triangle of three files may be open without a word: half a frame. Sound takes 3 ms a metre, and
who is loudest for one pair of microphones need not be for another."""

WIDE_OPEN = 0.1
"""Seconds from which on one of the three links is wrong: 34 metres of air."""

NEARLY = 0.99
"""Share of the most that any file has, of sound or of sound that others share, from which on one has about as much."""


def compare(first: Recording, second: Recording) -> Alignment | Refusal:
    """Return the second recording's clock, told by the first, or why there is none.

    Raises
    ------
    VideoError
        One of them cannot be read.
    OutputError
        There is no room for the sound in the temporary folder.
    """
    with ExitStack() as stack:
        one, other = (listen(recording, stack) for recording in (first, second))
        if one is None or other is None:
            return Refusal(f"{first.path if one is None else second.path}: has no sound")
        return compare_heard(one, other)


def synchronise(recordings: Sequence[Recording], reference: str | None = None) -> Synchrony:
    """Place recordings of one event on the clock of one of them.

    An offset that is given wins; then the start timecode, where all files have one; then the sound, directly against
    the reference, or along the strongest links where a file shares none with it.

    Parameters
    ----------
    recordings
        The files, two at least.
    reference
        Whose clock is the group's: a camera's name, a path as it was named, or the name of a file. None: the file whose
        sound overlaps most with that of all others; of about equal ones the one with the clearest sound, then the
        first. One with a given offset is not chosen.

    Returns
    -------
    Synchrony
        Which have a place, by what, and which have none, with the reason. Nothing is guessed: a file that cannot be
        placed is refused, and the others stay.

    Raises
    ------
    UsageError
        Fewer than two files are named, two are the same camera, or the reference is none of those that can be read.
    OutputError
        There is no room for the sound in the temporary folder.
    """
    with ExitStack() as stack:
        members, refused = gather(recordings, stack)
        links = Links.between(members)
        chosen = choose_reference(members, refused, links, reference)
        if chosen is None:
            return Synchrony("", (), tuple(refused))
        found = _Group(members, links, chosen).placed()
    order = [recording.path for recording in recordings]
    everybody = sorted([*refused, *found.refused], key=lambda each: order.index(each.recording.path))
    return Synchrony(found.reference, found.placements, tuple(everybody), found.notes)


def choose_reference(
    members: Sequence[Member], refused: Sequence[Refused], links: Links, wanted: str | None
) -> Member | None:
    """Return whose clock is the group's; None where no file can be read."""
    if wanted is None:
        free = [member for member in members if member.recording.offset is None] or list(members)
        return _best_heard(free, members, links)
    for member in members:
        if wanted in (member.name, str(member.path), member.path.name):
            return member
    for each in refused:
        if wanted in (each.camera, str(each.recording.path), each.recording.path.name):
            raise UsageError(f"the reference cannot be used: {each.reason}", each.hint or "name another reference")
    raise UsageError(
        f"no file of the group is called {wanted!r}", did_you_mean(wanted, [each.name for each in members])
    )


def _best_heard(free: Sequence[Member], members: Sequence[Member], links: Links) -> Member | None:
    """Return the file that stops least often, shares about as much sound as any, is about as long, and clearest.

    What lies beyond the sound of the reference is heard by nobody, so only a little of it is given for a better one.
    """
    merits = {member.name: merit(member, members, links) for member in free}
    fewest = min((stops for stops, _ in merits.values()), default=0)
    steady = [member for member in free if merits[member.name][0] == fewest]
    most = max((merits[member.name][1] for member in steady), default=0.0)
    near = [member for member in steady if merits[member.name][1] >= NEARLY * most]
    longest = max((seconds_of(member) for member in near), default=0.0)
    long = [member for member in near if seconds_of(member) >= NEARLY * longest]
    quality = {member.name: 0.0 if member.heard is None else member.heard.quality for member in long}
    return max(long, key=lambda member: (quality[member.name], -members.index(member)), default=None)


def seconds_of(member: Member) -> float:
    """Return how long a file is heard; 0 where it has no sound."""
    return 0.0 if member.heard is None else member.heard.end - member.heard.start


def merit(member: Member, members: Sequence[Member], links: Links) -> tuple[int, float]:
    """Return how often a file stops and goes on, and how many seconds of sound it shares with all others."""
    found = [link for other in members if (link := links.aligned(member.name, other.name)) is not None]
    stops = sum(each.missing < 0 for link in found for each in link.breaks)
    return stops, sum(link.shared for link in found)


class _Group:
    """Files that are being placed.

    Parameters
    ----------
    members
        Those that can be read.
    links
        What their sounds say.
    reference
        Whose clock is the group's.
    """

    def __init__(self, members: Sequence[Member], links: Links, reference: Member) -> None:
        self._members = {member.name: member for member in members}
        self._links = links
        self._reference = reference
        self._placed: dict[str, Placement] = {
            reference.name: Placement(reference.name, reference.path, source="reference")
        }
        self._refused: list[Refused] = []
        self._notes: list[str] = []

    def placed(self) -> Synchrony:
        """Return where all of them lie."""
        self._by_statement()
        self._by_sound()
        self._check_triangles()
        for member in self._waiting():
            link = self._links.of(self._reference.name, member.name)
            self._refuse(member, *cannot_place(member, self._reference, link))
        self._tell_others()
        ordered = tuple(self._placed[name] for name in self._members if name in self._placed)
        return Synchrony(self._reference.name, ordered, tuple(self._refused), tuple(self._notes))

    def _tell_others(self) -> None:
        """Say which files without a place belong to each other."""
        for one, other in itertools.combinations(self._refused, 2):
            if self._links.aligned(one.camera, other.camera) is not None:
                self._notes.append(another_group(one, other))

    def _waiting(self) -> list[Member]:
        done = {each.camera for each in self._refused} | self._placed.keys()
        return [member for name, member in self._members.items() if name not in done]

    def _refuse(self, member: Member, reason: str, hint: str) -> None:
        self._refused.append(Refused(member.recording, member.name, reason, hint))

    def _by_statement(self) -> None:
        """Place the files whose place is given, and all by their timecodes, where these can be compared."""
        ours = self._reference
        given = [
            by_offset(member, ours, self._links) for member in self._waiting() if member.recording.offset is not None
        ]
        usable, note = common_timecode(list(self._members.values()))
        self._notes += [note] if note else []
        for placement in given:
            self._placed[placement.camera] = placement
        for member in self._waiting() if usable else ():
            told = by_timecode(member, ours, self._links)
            if told is None:
                self._notes.append(f"{member.path}: its timecode and its sound are seconds apart: the sound counts")
            else:
                self._placed[member.name] = told
        for name in [name for name, each in self._placed.items() if each.source in ("given", "timecode")]:
            self._drop_if_alone(name)

    def _drop_if_alone(self, name: str) -> None:
        """Refuse a file that was placed where no other one lies."""
        member, placement = self._members[name], self._placed[name]
        begin, end = (placement.clock.other(time) for time in member.extent)
        for other, place in self._placed.items():
            if other != name:
                theirs = tuple(place.clock.other(time) for time in self._members[other].extent)
                if begin < theirs[1] and theirs[0] < end:
                    return
        del self._placed[name]
        self._refuse(member, *elsewhere(member, placement, self._reference))

    def _by_sound(self) -> None:
        """Place what shares sound with the reference, then what shares some with what has a place, strongest first."""
        for member in self._waiting():
            link = self._links.aligned(self._reference.name, member.name)
            if link is not None:
                self._place(member, link, self._placed[self._reference.name])
        while options := list(self._options()):
            _, member, link, through = max(options, key=lambda option: option[0])
            self._place(member, link, through)

    def _options(self) -> Iterator[tuple[float, Member, Alignment, Placement]]:
        """Yield the links by which a file could be placed next, with their strengths."""
        for member in self._waiting():
            for name, through in self._placed.items():
                link = self._links.aligned(name, member.name)
                if link is not None and link.clock.other(link.middle) in through.valid:
                    yield link.strength, member, link, through

    def _place(self, member: Member, link: Alignment, through: Placement) -> None:
        other = self._members[through.camera]
        way = () if other is self._reference else (f"{member.path}: placed by way of {other.path}",)
        notes = (*way, *broken_off(member, other, link), *not_told(member, link))
        self._placed[member.name] = Placement(
            member.name,
            member.path,
            link.clock.then(through.clock),
            link.valid,
            "sound",
            link.confidence,
            link.windows,
            1000.0 * link.residual,
            link.drift_known,
            notes,
        )

    def _check_triangles(self) -> None:
        """Say where three files are not of one mind; where one must be wrong, refuse the one of the weakest link."""
        for found in list(disagreements(self._placed, self._links, OPEN)):
            if not {found.first, found.second} <= self._placed.keys():
                continue
            by_ear = [name for name in (found.first, found.second) if self._placed[name].source == "sound"]
            weaker = min(
                by_ear, key=lambda name: self._placed[name].windows * self._placed[name].confidence, default=None
            )
            if weaker is None:
                continue
            first, second = self._members[found.first], self._members[found.second]
            said = open_triangle(first, second, self._reference, found.seconds)
            if abs(found.seconds) > WIDE_OPEN:
                del self._placed[weaker]
                self._refuse(self._members[weaker], said, "give its offset, or leave it out")
            else:
                self._placed[weaker] = self._placed[weaker].noted(said)

"""A group of recordings on one clock: which file's it is, and where each of the others lies on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.errors import UsageError, VideoError, did_you_mean
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.clocks import SAME, Clock
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.media.synchrony.hearing import Heard
from slceleb_core.media.synchrony.model import Alignment, Placement, Recording, Refusal, Refused, Synchrony
from slceleb_core.media.synchrony.pairs import compare_heard

GIVE = "give its offset: {camera}=SECONDS"


@dataclass(frozen=True, slots=True)
class Member:
    """A recording that can be read.

    Attributes
    ----------
    recording
        As it was named.
    name
        What it is called; no other is called so.
    heard
        Its sound; None where it has none.
    """

    recording: Recording
    name: str
    heard: Heard | None


def compare(first: Recording, second: Recording) -> Alignment | Refusal:
    """Return the second recording's clock, told by the first, or why there is none.

    Raises
    ------
    VideoError
        One of them cannot be read.
    """
    with ExitStack() as stack:
        sounds = [listen(recording, stack) for recording in (first, second)]
        for recording, sound in zip((first, second), sounds, strict=True):
            if sound is None:
                return Refusal(f"{recording.path} has no sound")
        assert sounds[0] is not None and sounds[1] is not None  # noqa: S101 - said above
        return compare_heard(sounds[0], sounds[1])


def listen(recording: Recording, stack: ExitStack) -> Heard | None:
    """Return a recording's sound, which the stack lets go of; None where it has none."""
    track = AudioTrack.decode(recording.path, choice=choose_sound(recording.path, recording.audio_track))
    return None if track is None else stack.enter_context(Heard.of(stack.enter_context(track)))


def synchronise(recordings: Sequence[Recording], reference: str | None = None) -> Synchrony:
    """Place recordings of one event on the clock of one of them.

    Parameters
    ----------
    recordings
        The files, two at least.
    reference
        Whose clock is the group's: a camera's name, or a path as it was named. None: the file whose sound overlaps most
        with that of all others; of equal ones the one with the clearest sound, then the first.

    Returns
    -------
    Synchrony
        Which have a place, by what, and which have none, with the reason. Nothing is guessed: a file that cannot be
        placed is refused, and the others stay.

    Raises
    ------
    UsageError
        Fewer than two files are named, two have one name, or the reference is none of them.
    OutputError
        There is no room for the sound in the temporary folder.
    """
    names = named(recordings)
    with ExitStack() as stack:
        members, refused = gather(recordings, names, stack)
        links = {
            (one.name, other.name): compare_heard(one.heard, other.heard)
            for one, other in itertools.combinations(members, 2)
            if one.heard is not None and other.heard is not None
        }
    chosen = choose_reference(members, links, reference, names)
    return place(members, refused, links, chosen)


def named(recordings: Sequence[Recording]) -> list[str]:
    """Return what each recording is called: by its path, where another one has its name."""
    if len(recordings) < 2:
        raise UsageError(f"a group takes two files, and {len(recordings)} is named", "name one file for each camera")
    cameras = [recording.camera for recording in recordings if recording.camera]
    if len(set(cameras)) < len(cameras):
        twice = next(name for name in cameras if cameras.count(name) > 1)
        raise UsageError(f"two files of the group are the camera {twice!r}", "give each camera another name")
    stems = [recording.name for recording in recordings]
    return [
        recording.camera or (recording.name if stems.count(recording.name) == 1 else str(recording.path))
        for recording in recordings
    ]


def gather(
    recordings: Sequence[Recording], names: Sequence[str], stack: ExitStack
) -> tuple[list[Member], list[Refused]]:
    """Return the recordings that can be read, each file once, and those that cannot."""
    members: list[Member] = []
    refused: list[Refused] = []
    known: dict[str, str] = {}
    for recording, name in zip(recordings, names, strict=True):
        try:
            content = fingerprint(recording.path)
            if content in known:
                refused.append(
                    Refused(recording, name, f"{recording.path} is the same file as {known[content]}", "name it once")
                )
                continue
            known[content] = str(recording.path)
            members.append(Member(recording, name, listen(recording, stack)))
        except VideoError as error:
            refused.append(Refused(recording, name, error.message, error.hint))
    return members, refused


Links = Mapping[tuple[str, str], "Alignment | Refusal"]
"""What was found of two recordings, by their names."""


def linked(links: Links, first: str, second: str) -> Alignment | Refusal | None:
    """Return how the second one's clock is told by the first one's; None where they were not compared."""
    found = links.get((first, second))
    if found is not None:
        return found
    other = links.get((second, first))
    return other.inverse() if isinstance(other, Alignment) else other


def choose_reference(
    members: Sequence[Member], links: Links, wanted: str | None, names: Sequence[str]
) -> Member | None:
    """Return whose clock is the group's; None where no file can be read."""
    if wanted is not None:
        for member in members:
            if wanted in (member.name, str(member.recording.path), member.recording.path.name):
                return member
        raise UsageError(f"the reference {wanted!r} is none of the files that can be used", did_you_mean(wanted, names))
    free = [member for member in members if member.recording.offset is None] or list(members)
    return max(free, key=lambda member: (*_merit(member, members, links), -members.index(member)), default=None)


def _merit(member: Member, members: Sequence[Member], links: Links) -> tuple[int, int, float]:
    """Return by what a reference is chosen: whether it never stops, the seconds it shares, and how clear it is."""
    ours = [linked(links, member.name, other.name) for other in members if other is not member]
    found = [link for link in ours if isinstance(link, Alignment)]
    stops = sum(each.missing < 0 for link in found for each in link.breaks)
    shared = round(sum(link.overlap for link in found))
    return -stops, shared, 0.0 if member.heard is None else member.heard.quality


def place(members: Sequence[Member], refused: Sequence[Refused], links: Links, reference: Member | None) -> Synchrony:
    """Return the group: each file directly against the reference, or along the strongest links."""
    if reference is None:
        return Synchrony("", (), tuple(refused))
    placed: dict[str, Placement] = {
        reference.name: Placement(reference.name, reference.recording.path, SAME, source="reference")
    }
    for member in members:
        if member is not reference and member.recording.offset is not None:
            clock = Clock(member.recording.offset)
            placed[member.name] = Placement(member.name, member.recording.path, clock, source="given")
    for member, placement in by_sound(members, placed, links, reference):
        placed[member.name] = placement
    left = [
        unplaced(member, linked(links, reference.name, member.name), reference)
        for member in members
        if member.name not in placed
    ]
    ordered = tuple(placed[member.name] for member in members if member.name in placed)
    return Synchrony(reference.name, ordered, (*refused, *left))


def by_sound(
    members: Sequence[Member], given: Mapping[str, Placement], links: Links, reference: Member
) -> Iterator[tuple[Member, Placement]]:
    """Yield the files that sound places: those that share some with the reference first, then along the best links."""
    placed = dict(given)
    waiting = [member for member in members if member.name not in placed]
    for member in list(waiting):
        link = linked(links, reference.name, member.name)
        if isinstance(link, Alignment):
            placed[member.name] = _placement(member, link, placed[reference.name])
            waiting.remove(member)
            yield member, placed[member.name]
    while waiting:
        options = [
            (link.strength, member, placed[name], link)
            for member in waiting
            for name in placed
            if isinstance(link := linked(links, name, member.name), Alignment)
        ]
        if not options:
            return
        _, member, through, link = max(options, key=lambda option: option[0])
        placed[member.name] = _placement(member, link, through)
        waiting.remove(member)
        yield member, placed[member.name]


def _placement(member: Member, link: Alignment, through: Placement) -> Placement:
    """Return the place of a file that is linked with one that has a place."""
    notes = () if through.source == "reference" else (f"placed by way of {through.camera}",)
    return Placement(
        member.name,
        member.recording.path,
        link.clock.then(through.clock),
        link.valid,
        "sound",
        link.confidence,
        link.windows,
        1000.0 * link.residual,
        notes,
    )


def unplaced(member: Member, link: Alignment | Refusal | None, reference: Member) -> Refused:
    """Return why a file has no place."""
    path, other = member.recording.path, reference.recording.path
    if member.heard is None:
        return Refused(
            member.recording, member.name, f"{path} has no sound to place it by", GIVE.format(camera=member.name)
        )
    if isinstance(link, Refusal):
        return Refused(member.recording, member.name, f"{path} and {other}: {link.reason}", link.hint)
    return Refused(member.recording, member.name, f"{other} has no sound to place {path} by", "name another reference")

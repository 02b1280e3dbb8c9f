"""What is said of a group, a line each: which file, what is the matter, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from slceleb_core.media.synchrony.members import Member
from slceleb_core.media.synchrony.model import Alignment, Placement, Refusal, Refused, Source
from slceleb_core.media.synchrony.pairs import LEAST_SECONDS

STATED: Mapping[Source, str] = {"given": "the offset that is given", "timecode": "its timecode"}
"""What states a place, for people."""


def offset_of(member: Member) -> str:
    """Return how an offset is given."""
    return f"give its offset on the reference's clock, or leave it out: {member.path.name}=SECONDS"


def cannot_place(member: Member, reference: Member, link: Alignment | Refusal | None) -> tuple[str, str]:
    """Return why a file has no place, and what to do."""
    if not member.audible:
        has = "has no sound" if member.heard is None else "nothing is heard in it"
        return f"{member.path}: {has} by which to place it", offset_of(member)
    if member.heard is not None and member.heard.seconds < LEAST_SECONDS:
        return f"{member.path}: has less than {LEAST_SECONDS:g} s of sound by which to place it", offset_of(member)
    if not reference.audible:
        has = "has no sound" if reference.heard is None else "is silent"
        return f"{member.path}: the reference {reference.path} {has}", "name another reference, or give the offset"
    reason = link if isinstance(link, Refusal) else Refusal("they share no sound")
    return f"{member.path}: does not belong to {reference.path}: {reason.reason}", reason.hint


def another_group(one: Refused, other: Refused) -> str:
    """Return what is said of two files that have no place, but belong to each other."""
    return f"{one.recording.path} and {other.recording.path} belong together: another group?"


def elsewhere(member: Member, placement: Placement, reference: Member) -> tuple[str, str]:
    """Return what is said of a file that was placed where no other one lies."""
    begin, end = (placement.clock.other(time) for time in member.extent)
    reason = (
        f"{member.path}: by {STATED[placement.source]} it lies from {begin:.1f} to {end:.1f} s, where no other file is"
    )
    return reason, f"{reference.path.name} lasts from {reference.extent[0]:.1f} to {reference.extent[1]:.1f} s"


def broken_off(member: Member, other: Member, link: Alignment) -> tuple[str, ...]:
    """Return what is said of a camera that stops and goes on."""
    notes = []
    for each in link.breaks:
        if each.missing > 0:
            notes.append(f"{member.path}: stops at {each.end:.1f} s and goes on {each.missing:.2f} s later")
        else:
            notes.append(
                f"{member.path}: {other.path} stops at {link.clock.other(each.end):.1f} s of its own and goes on "
                f"{-each.missing:.2f} s later"
            )
    if notes:
        notes.append(f"{member.path}: only the longest piece has a place, {link.valid}")
    return tuple(notes)


def otherwise(member: Member, reference: Member, source: Source, late: float) -> str:
    """Return what is said where the sound says otherwise than what is stated, by so many seconds."""
    way = "later" if late > 0 else "earlier"
    return (
        f"{member.path}: {STATED[source]} counts, though by its sound it lies {abs(late) * 1000:.0f} ms {way} on the "
        f"clock of {reference.path}"
    )


def not_told(member: Member, link: Alignment) -> tuple[str, ...]:
    """Return what is said where a drift could not be told."""
    return () if link.drift_known else (f"{member.path}: too little sound to tell a drift, which is taken for 0",)


def open_triangle(first: Member, second: Member, reference: Member, seconds: float) -> str:
    """Return what is said where three files are not of one mind."""
    return (
        f"{first.path} and {second.path}: their own sound says {abs(seconds) * 1000:.0f} ms otherwise than what each "
        f"shares with {reference.path}"
    )

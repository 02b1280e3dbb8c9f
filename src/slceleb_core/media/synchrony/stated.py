"""Places that files or users state, and what their sound says to that."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.media.clocks import Clock
from slceleb_core.media.synchrony.links import Links
from slceleb_core.media.synchrony.members import Member
from slceleb_core.media.synchrony.model import Alignment, Placement, Source
from slceleb_core.media.synchrony.words import STATED, broken_off, not_told, otherwise
from slceleb_core.types import WHOLE, TimeRange

FRAME = 0.040
"""Seconds by which sound may differ from what a user states without a word: a frame of 25."""

OUT_OF_EARSHOT = 1.0
"""Seconds from which on a timecode is wrong, where the sound says otherwise: sound goes 340 metres in one. Clocks that
were never set differ by more."""


def by_offset(member: Member, reference: Member, links: Links) -> Placement:
    """Return the place that a user gives; its drift is told by the sound where that agrees."""
    offset = member.recording.offset
    assert offset is not None  # noqa: S101 - only such members come here
    return _stated(member, Clock(offset), 0.0, "given", links.aligned(reference.name, member.name), FRAME, reference)


def by_timecode(member: Member, reference: Member, links: Links) -> Placement | None:
    """Return the place that timecodes give; None where the sound shows that they are of clocks that were never set."""
    assert member.start is not None  # noqa: S101 - only where all have one
    assert reference.start is not None  # noqa: S101
    clock = Clock(member.start.offset(reference.start))
    link = links.aligned(reference.name, member.name)
    if link is not None and abs(apart(clock, link)) > OUT_OF_EARSHOT:
        return None
    frame = max(member.start.frame, reference.start.frame)
    return _stated(member, clock, member.start.at, "timecode", link, frame, reference)


def apart(clock: Clock, link: Alignment) -> float:
    """Return how much later than a clock says the sound says it is, seconds: where both begin to be heard."""
    return link.clock.other(link.overlap[0]) - clock.other(link.overlap[0])


def _stated(
    member: Member, clock: Clock, fixed: float, source: Source, link: Alignment | None, frame: float, reference: Member
) -> Placement:
    """Return a stated place, and what the sound says to it.

    Parameters
    ----------
    member
        The file.
    clock
        As stated, without a drift.
    fixed
        PTS seconds of the file at which that is exact: a drift turns the clock round that moment.
    source
        Who states it.
    link
        What the sound says; None: nothing.
    frame
        Seconds by which they may differ.
    reference
        Whose clock is the group's.
    """
    if link is None:
        heard = member.audible and reference.audible
        lacking = (f"{member.path}: its sound does not bear out {STATED[source]}, which counts",) if heard else ()
        return Placement(member.name, member.path, clock, source=source, drift_known=False, notes=lacking)
    late = apart(clock, link)
    drift = link.clock.drift
    if abs(late) > frame:
        said = otherwise(member, reference, source, late)
        valid = TimeRange(None, link.breaks[0].end) if link.breaks else WHOLE  # what is stated is of the beginning
        return Placement(member.name, member.path, clock, valid, source, drift_known=False, notes=(said,))
    turned = Clock(clock.other(fixed) - (1.0 + drift) * fixed, drift)
    return Placement(
        member.name,
        member.path,
        turned,
        link.valid,
        source,
        link.confidence,
        link.windows,
        1000.0 * link.residual,
        link.drift_known,
        (*broken_off(member, reference, link), *not_told(member, link)),
    )


def common_timecode(members: Sequence[Member]) -> tuple[bool, str]:
    """Return whether all files have a timecode that can be compared, and what is to be said where they cannot be."""
    starts = [member.start for member in members]
    found = [start for start in starts if start is not None]
    if len(members) < 2 or not found:
        return False, ""
    if len(found) < len(starts):
        lacking = ", ".join(str(member.path) for member in members if member.start is None)
        return False, f"timecodes are not used: there is none in {lacking}"
    if len({start.slow for start in found}) > 1:
        return False, "timecodes are not used: some leave out frame numbers to keep to the time of day, others do not"
    if all(start.seconds == 0 for start in found):
        return False, ""  # what a clock says that was never set
    return True, ""

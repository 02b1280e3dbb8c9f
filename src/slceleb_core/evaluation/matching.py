"""Which output belongs to which video of a reference, and what is scored of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from slceleb_core.errors import UsageError
from slceleb_core.evaluation.intervals import Intervals, intersect, union
from slceleb_core.evaluation.outputs import FaceFrames, Output, by_person, read_frames, stem
from slceleb_core.evaluation.reading import Region, Speech

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Scored:
    """A video, ready to be scored.

    Attributes
    ----------
    name
        Of the video.
    regions
        What is scored of it.
    reference, found
        When each person speaks and when each was found, within the regions.
    frames
        Its face-frames; None where there are none.
    onset
        The score that began a segment.
    """

    name: str
    regions: Intervals
    reference: Mapping[str, Intervals]
    found: Mapping[str, Intervals]
    frames: FaceFrames | None
    onset: float


@dataclass(frozen=True, slots=True)
class Matched:
    """The videos of a reference and their outputs.

    Attributes
    ----------
    pairs
        An output and the names that the reference has for its video.
    without_output
        Videos of the reference for which there are no results.
    without_reference
        Outputs of which the reference says nothing.
    """

    pairs: Sequence[tuple[Output, frozenset[str]]]
    without_output: Sequence[str]
    without_reference: Sequence[str]


def match(names: Iterable[str], outputs: Sequence[Output]) -> Matched:
    """Return which output belongs to which name.

    A name means the video with that path; else the one with that file name; else the one with that stem or in the
    output folder of that name.

    Parameters
    ----------
    names
        Videos, as a reference names them.
    outputs
        What was found.

    Raises
    ------
    UsageError
        A name fits several outputs.
    """
    found: dict[int, set[str]] = {}
    lost: list[str] = []
    for name in sorted(set(names)):
        place = _place(name, outputs)
        if place is None:
            lost.append(name)
        else:
            found.setdefault(place, set()).add(name)
    rest = [output.name for place, output in enumerate(outputs) if place not in found]
    return Matched([(outputs[place], frozenset(found[place])) for place in sorted(found)], lost, sorted(rest))


def _place(name: str, outputs: Sequence[Output]) -> int | None:
    for key in (name, Path(name).name, stem(name)):
        fitting = [place for place, output in enumerate(outputs) if key in output.keys]
        if len(fitting) > 1:
            raise UsageError(
                f"the reference's video {name!r} fits {len(fitting)} outputs", "name it by its path, or by its folder"
            )
        if fitting:
            return fitting[0]
    return None


def scored(output: Output, names: frozenset[str], speech: Iterable[Speech], regions: Sequence[Region] | None) -> Scored:
    """Return a video cut to what is scored of it.

    Parameters
    ----------
    output
        What was found.
    names
        What the reference calls the video.
    speech, regions
        Of all videos; None scores everything from 0 s, or the first stretch if that is earlier, to the end of the
        video, or of the last stretch if that is later.

    Raises
    ------
    UsageError
        The face-frames cannot be read.
    """
    true = by_person((spoken.person, spoken.start, spoken.end) for spoken in speech if spoken.video in names)
    if regions is None:
        times = _everything([*true.values(), *output.found.values()], output.end)
    else:
        times = union((region.start, region.end) for region in regions if region.video in names)
    return Scored(output.name, times, _cut(true, times), _cut(output.found, times), read_frames(output), output.onset)


def _everything(stretches: Iterable[Intervals], end: float | None) -> Intervals:
    bounds = [bound for times in stretches for span in times for bound in span]
    return union([(min(0.0, *bounds), max(end or 0.0, *bounds))] if bounds else [(0.0, end or 0.0)])


def _cut(people: Mapping[str, Intervals], regions: Intervals) -> dict[str, Intervals]:
    cut = {person: intersect(times, regions) for person, times in people.items()}
    return {person: times for person, times in sorted(cut.items()) if times}


def only(video: Scored, people: Sequence[str]) -> Scored:
    """Return a video as if there were only these people; empty: as it is."""
    if not people:
        return video
    frames = video.frames
    if frames is not None:
        frames = replace(frames, people=_kept(frames.people, people))
    return replace(video, reference=_kept(video.reference, people), found=_kept(video.found, people), frames=frames)


def _kept(rows: Mapping[str, Value], people: Sequence[str]) -> dict[str, Value]:
    return {person: value for person, value in rows.items() if person in people}

"""From the files that a user names to videos that can be scored; whatever is left out is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.errors import UsageError, did_you_mean
from slceleb_core.evaluation.intervals import length
from slceleb_core.evaluation.matching import Matched, Scored, match, only, scored
from slceleb_core.evaluation.outputs import Output, read_outputs, stem
from slceleb_core.evaluation.reading import Region, Speech, read_regions, read_speech

EMPTY = "videos are matched by path, file name or stem; a video in which nobody speaks is named by the scored regions"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is compared with what.

    Attributes
    ----------
    reference, outputs, regions
        The files; None for no regions.
    people
        Who alone is scored; empty for everybody.
    videos
        What is scored.
    without_output
        Videos of the reference (or of the regions, where there are some) for which there are no results: not scored.
    without_reference
        Outputs of which the reference (or the regions) says nothing: not scored.
    notes
        What a reader of the figures has to know, one line each.
    """

    reference: Path
    outputs: Path
    regions: Path | None
    people: Sequence[str]
    videos: Sequence[Scored]
    without_output: Sequence[str]
    without_reference: Sequence[str]
    notes: Sequence[str]


def load(reference: Path, outputs: Path, regions: Path | None, people: Sequence[str]) -> Inputs:
    """Return what is compared; parameters and errors are those of :func:`slceleb_core.evaluation.report.evaluate`."""
    speech = read_speech(reference)
    areas = None if regions is None else read_regions(regions)
    found = read_outputs(outputs)
    whole = outputs.is_dir()
    matched = match(_names(speech, areas), found)
    if not whole:
        matched = _counted_as_empty(matched)
    videos = [only(scored(output, names, speech, areas), people) for output, names in matched.pairs]
    if not any(length(video.regions) for video in videos):
        raise UsageError(f"nothing to score: {outputs} and {regions or reference} have no video in common", EMPTY)
    notes = [
        *_about_videos(matched, speech, areas, whole=whole),
        *_about_people(videos, [output for output, _ in matched.pairs], people),
    ]
    return Inputs(reference, outputs, regions, people, videos, matched.without_output, matched.without_reference, notes)


def _names(speech: Iterable[Speech], regions: Iterable[Region] | None) -> set[str]:
    return {stretch.video for stretch in (speech if regions is None else regions)}


def _counted_as_empty(matched: Matched) -> Matched:
    """Return the pairs with every video of the reference: a table has no line of a video in which nobody was found."""
    empty = [(Output(stem(name), frozenset({name}), {}), frozenset({name})) for name in matched.without_output]
    return Matched([*matched.pairs, *empty], (), matched.without_reference)


def _about_videos(
    matched: Matched, speech: Iterable[Speech], regions: Iterable[Region] | None, *, whole: bool
) -> Iterator[str]:
    if regions is None:
        yield "no scored regions given: each video counts from 0 s to its end"
    else:
        yield from _outside({spoken.video for spoken in speech} - {region.video for region in regions})
    for name in matched.without_output:
        yield f"not scored: {name} has no output"
    for name in matched.without_reference:
        yield f"not scored: the reference says nothing of {name}"
    empty = [output.name for output, _ in matched.pairs if not whole and not output.found]
    for name in empty:
        yield f"{name} has no line in the table of outputs: it counts as a video in which nobody was found"


def _outside(names: Iterable[str]) -> Iterator[str]:
    for name in sorted(names):
        yield f"not scored: the scored regions do not name {name}"


def _about_people(videos: Iterable[Scored], outputs: Iterable[Output], people: Sequence[str]) -> Iterator[str]:
    speaking = {person for video in videos for person in video.reference}
    known = {person for output in outputs for person in {*(output.wanted or ()), *output.found}}
    if not all(output.named for output in outputs):
        yield "outputs without a gallery name tracks, not people: only diarization means something for them"
    for person in sorted(speaking - known):
        yield f"nobody looked for or found {person}: all of that speech counts as missed; {did_you_mean(person, known)}"
    for person in sorted(set(people) - speaking - known):
        yield f"neither the reference nor an output names {person}"

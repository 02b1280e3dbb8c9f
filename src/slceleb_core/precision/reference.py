"""Labels out of a reference file: a segment is right where the reference has that person speaking over it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slceleb_core.corpus.reading import Corpus, Recording, read_corpus
from slceleb_core.errors import UsageError
from slceleb_core.evaluation.intervals import Intervals, intersect, length
from slceleb_core.evaluation.matching import match
from slceleb_core.evaluation.outputs import Output, by_person, composed, names_of, stem
from slceleb_core.evaluation.reading import Region, Speech, read_regions, read_speech
from slceleb_core.precision.evidence import Kind, Label
from slceleb_core.precision.population import Population

LEAST_SPOKEN = 0.5
"""Share of a segment over which somebody must speak to be its speaker: most of it; segments hold short pauses."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Who speaks when, and where all who speak are named.

    Attributes
    ----------
    path
        The file.
    speech
        What it says.
    regions
        Where it says everything; None: in all of each video that it names.
    """

    path: Path
    speech: tuple[Speech, ...]
    regions: tuple[Region, ...] | None = None

    def names(self) -> set[str]:
        """Return the videos of which it says everything."""
        return {stretch.video for stretch in (self.speech if self.regions is None else self.regions)}


@dataclass(frozen=True, slots=True)
class _Video:
    """What a reference says of one recording."""

    speech: Mapping[str, Intervals]
    regions: Intervals | None = field(default=None)

    def covers(self, start: float, end: float) -> bool:
        """Tell whether it says everything of a stretch."""
        return self.regions is None or _share(self.regions, start, end) >= 1.0 - 1e-9

    def kind(self, person: str, start: float, end: float) -> Kind:
        """Return what a segment of a person is."""
        if _share(self.speech.get(composed(person), ()), start, end) >= LEAST_SPOKEN:
            return "right"
        others = any(_share(times, start, end) >= LEAST_SPOKEN for times in self.speech.values())
        return "someone else's voice" if others else "not speaking"


def read_reference(path: Path, regions: Path | None = None) -> Reference:
    """Return what a reference file says, as `slceleb eval score` reads it.

    Raises
    ------
    UsageError
        It cannot be read or does not hold.
    """
    return Reference(path, tuple(read_speech(path)), None if regions is None else tuple(read_regions(regions)))


def referred(reference: Reference, output_dir: Path, population: Population) -> list[Label]:
    """Return what a reference says of the segments of a folder; all of it proves.

    Raises
    ------
    UsageError
        The reference and the folder have no video in common, or a name fits several.
    """
    found = dict(_videos(reference, read_corpus(output_dir)))
    if not found:
        hint = "videos are matched by path, file name or stem; one in which nobody speaks is named by --regions"
        raise UsageError(f"{reference.path} and {output_dir} have no video in common", hint)
    return list(_labels(found, population, f"reference {reference.path.name}"))


def _labels(videos: Mapping[str, _Video], population: Population, source: str) -> Iterator[Label]:
    columns = (population.ids, population.recordings, population.persons, population.starts, population.ends)
    for key, recording, person, start, end in zip(*columns, strict=True):
        video = videos.get(recording)
        if video is not None and video.covers(start, end):
            kind = video.kind(person, start, end)
            yield Label(key, recording, person, kind == "right", kind, proves=True, source=source)


def _videos(reference: Reference, corpus: Corpus) -> Iterator[tuple[str, _Video]]:
    outputs = [_output(recording) for recording in corpus.recordings]
    folders = {id(output): recording.name for output, recording in zip(outputs, corpus.recordings, strict=True)}
    for output, names in match(reference.names(), outputs).pairs:
        yield folders[id(output)], _said_of(reference, names)


def _output(recording: Recording) -> Output:
    video = str(recording.video)
    return Output(stem(video), names_of(video) | {composed(recording.name)}, {})


def _said_of(reference: Reference, names: Collection[str]) -> _Video:
    speech = by_person((said.person, said.start, said.end) for said in reference.speech if said.video in names)
    if reference.regions is None:
        return _Video(speech)
    return _Video(speech, _united(region for region in reference.regions if region.video in names))


def _united(regions: Iterable[Region]) -> Intervals:
    return by_person(("", region.start, region.end) for region in regions).get("", ())


def _share(times: Intervals, start: float, end: float) -> float:
    return length(intersect(times, ((start, end),))) / max(end - start, 1e-9)

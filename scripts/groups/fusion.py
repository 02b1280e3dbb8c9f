"""How well several worse views tell who speaks, against each of them alone; prints Markdown.

`nox -s groups -- fusion` runs it. Clips whose truth is known are composed of single talkers and filmed by two or three
cameras, each of which sees or hears badly. Every camera is gone through alone, and then all of them as a group. What is
scored is every person of a clip, 25 times a second: as what the face is said to do that has their name, and as silent
where there is none.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from sklearn.metrics import average_precision_score

from slceleb_core import Pipeline
from slceleb_core.decision.identity import Gallery
from slceleb_core.errors import SlcelebError
from slceleb_core.evaluation.compose.composer import ComposeConfig, Composed, compose
from slceleb_core.jobs import Camera as Named
from slceleb_core.media.clocks import Clock
from slceleb_core.media.video import VideoReader
from slceleb_core.results import FrameResult, Result, Segment
from slceleb_core.run import Ensemble
from slceleb_core.testing.cameras import Camera, Filmed, film_all
from slceleb_core.testing.microphones import Microphone

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"

BEGIN, END = "<!-- fusion begin -->", "<!-- fusion end -->"
"""Marks in docs/groups.md."""

TALKERS = ("talker_a*", "web_*")
"""Of the shared clips; ``talker_b`` is a part of ``web_a``, and one face has one name."""

CASES = ("single", "listener", "two", "dub", "shift", "voiceover", "turns", "swap", "overlap", "long", "longdub")

STEP = 0.04
"""Seconds from one moment that is scored to the next."""

REACH = 0.06
"""Seconds for which a frame is taken to be shown at most where a moment is looked up."""

PHOTOS = 4
"""Of each talker, spread over their clip."""

FAR = Microphone(reverberation=0.4, direct=0.0, snr=5.0)


def setups(length: float) -> dict[str, list[Camera]]:
    """Return the cameras of each setup, for a clip of so many seconds."""
    half, third = length / 2, length / 3
    return {
        "small faces, few pictures": [
            Camera("left", height=130, drift=40.0),
            Camera("right", rate=12.5, height=200, starts=0.2),
        ],
        "three, all small and coarse": [
            Camera("left", height=120, drift=40.0),
            Camera("middle", height=120, rate=15),
            Camera("right", height=120, rate=20, starts=0.2),
        ],
        "each far off and badly heard": [
            Camera("left", height=130, microphone=FAR),
            Camera("right", height=150, rate=15, microphone=FAR, seed=1, starts=0.2),
        ],
        "blurred in turn": [
            Camera("left", height=240, covered=((0.0, half),), cover="blur"),
            Camera("right", height=240, covered=((half, length),), cover="blur", starts=0.2, drift=-60.0),
        ],
        "three, each covered for a third": [
            Camera("left", height=240, covered=((0.0, third),)),
            Camera("middle", height=240, covered=((third, 2 * third),), drift=60.0),
            Camera("right", height=240, covered=((2 * third, length),), starts=0.2),
        ],
    }


Said: TypeAlias = tuple[str, float, float]
"""A segment: who, from when to when, on the clip's clock."""


Heard: TypeAlias = tuple[dict[str, np.ndarray], list[Said]]
"""The scores of each person, [moments], and the segments."""


@dataclass(slots=True)
class Tally:
    """What was said of one view of a setup: moments, and seconds of segments.

    Attributes
    ----------
    true, scores
        A moment and person each.
    own, wrong
        Seconds of segments in which their person speaks, and in which not.
    spoken
        Seconds in which the persons speak.
    refused
        Clips of which nothing could be said.
    """

    true: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    own: float = 0.0
    wrong: float = 0.0
    spoken: float = 0.0
    refused: int = 0

    @property
    def precision(self) -> float:
        """Average precision of the scores."""
        return float(average_precision_score(self.true, self.scores))

    def take(self, scores: Mapping[str, np.ndarray], segments: Iterable[Said], truth: Truth) -> None:
        """Take one clip."""
        for person, spoken in truth.spoken.items():
            self.true += spoken.tolist()
            self.scores += scores.get(person, np.zeros(len(spoken))).tolist()
            self.spoken += float(spoken.sum()) * STEP
        for person, start, end in segments:
            inside = (truth.times >= start) & (truth.times < end)
            right = truth.spoken.get(person, np.zeros(len(truth.times), bool))[inside]
            self.own += float(right.sum()) * STEP
            self.wrong += float((~right).sum()) * STEP


@dataclass(frozen=True, slots=True)
class Truth:
    """Who speaks when, in a clip: bool [moments] a person."""

    times: np.ndarray
    spoken: Mapping[str, np.ndarray]


def truth_of(clip: Path, rows: Iterable[Mapping[str, str]], length: float, talkers: Iterable[str]) -> Truth:
    """Return who speaks when."""
    times = np.arange(STEP / 2, length, STEP)
    spoken = {talker: np.zeros(len(times), bool) for talker in talkers}
    for row in rows:
        if Path(row["video"]).stem == clip.stem:
            spoken[row["person"]] |= (times >= float(row["start"])) & (times < float(row["end"]))
    return Truth(times, spoken)


def said(results: Iterable[Result], clock: Clock, times: np.ndarray) -> Heard:
    """Return the scores of each person at `times` of the clip, and the segments on the clip's clock.

    Parameters
    ----------
    results
        Of a run.
    clock
        The run's clock, told by the clip's.
    times
        Moments.
    """
    moments: list[float] = []
    by_person: dict[str, list[float]] = {}
    segments = []
    for result in results:
        if isinstance(result, FrameResult):
            moments.append(clock.other(result.time))
            for face in result.faces:
                if face.person is not None and face.speaking is not None:
                    scores = by_person.setdefault(face.person, [])
                    scores += [0.0] * (len(moments) - len(scores))
                    scores[-1] = max(scores[-1], face.speaking)
        elif isinstance(result, Segment):
            segments.append((result.person, clock.other(result.start), clock.other(result.end)))
    known, places = np.array(moments), np.searchsorted(np.array(moments), times, side="right") - 1
    seen = (places >= 0) & (times - known[np.maximum(places, 0)] < REACH + np.median(np.diff(known)))
    found = {}
    for person, scores in by_person.items():
        padded = np.array(scores + [0.0] * (len(moments) - len(scores)))
        found[person] = np.where(seen, padded[np.maximum(places, 0)], 0.0)
    return found, segments


def photograph(composed: Composed, folder: Path) -> None:
    """Take photos of every talker, out of the clips that all else is composed of."""
    for path, talker in {source.path: source.talker for source in composed.sources.values()}.items():
        target = folder / talker
        target.mkdir(parents=True, exist_ok=True)
        with VideoReader(path) as reader:
            wanted = [reader.info.start + (i + 0.5) * (reader.info.duration or 1.0) / PHOTOS for i in range(PHOTOS)]
            for frame in reader.frames():
                if wanted and frame.time >= wanted[0]:
                    cv2.imwrite(str(target / f"{path.stem}-{len(wanted)}.jpg"), frame.pixels.whole()[..., ::-1])
                    wanted.pop(0)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Bench:
    """Runs cameras alone and together."""

    def __init__(self, pipeline: Pipeline, gallery: Gallery, work: Path) -> None:
        self._pipeline, self._gallery, self._work = pipeline, gallery, work
        self.tallies: dict[str, dict[str, Tally]] = {}

    def take(self, clip: Path, truth: Truth, length: float) -> None:
        """Film a clip with every setup."""
        for name, cameras in setups(length).items():
            folder = self._work / name.replace(" ", "-").replace(",", "") / clip.stem
            folder.mkdir(parents=True, exist_ok=True)
            filmed = film_all(clip, cameras, folder)
            views = self.tallies.setdefault(name, {})
            for one in filmed:
                self._note(views, one.camera.name, truth, partial(self._alone, one, truth))
            self._note(views, "together", truth, partial(self._together, filmed, truth))

    def _note(self, views: dict[str, Tally], name: str, truth: Truth, run: Callable[[], Heard]) -> None:
        tally = views.setdefault(name, Tally())
        try:
            tally.take(*run(), truth)
        except SlcelebError as error:
            print(f"  {name}: {error}")
            tally.refused += 1
            tally.take({}, [], truth)

    def _alone(self, one: Filmed, truth: Truth) -> Heard:
        with closing(self._pipeline.run(one.path, self._gallery).results()) as results:
            return said(results, one.pieces[0].clock, truth.times)

    def _together(self, filmed: list[Filmed], truth: Truth) -> Heard:
        ensemble = Ensemble("group", tuple(Named(one.path, one.camera.name) for one in filmed))
        run = self._pipeline.run_group(ensemble, self._gallery)
        main = next(one for one in filmed if one.camera.name == run.group.main.name)
        with closing(run.results()) as results:
            return said(results, main.pieces[0].clock, truth.times)


def table(tallies: Mapping[str, Mapping[str, Tally]], clips: int) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"{clips} composed clips, the default profile."
    yield ""
    yield "| cameras | view | average precision | own voice, s | of, s | wrong, s | not together |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for name, views in tallies.items():
        best = max(tally.precision for view, tally in views.items() if view != "together")
        for view, tally in views.items():
            told = " (best alone)" if view != "together" and tally.precision == best else ""
            marked = f"{tally.precision:.3f}{told}"
            figures = f"{tally.own:.1f} | {tally.spoken:.1f} | {tally.wrong:.1f} | {tally.refused or ''}"
            yield f"| {name} | {'**together**' if view == 'together' else view} | {marked} | {figures} |"


def main() -> None:
    """Compose, film, run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, nargs="+", default=[MEDIA / "clips", MEDIA / "web"])
    parser.add_argument("--limit", type=int, default=3, help="clips of each case and split")
    parser.add_argument("--cases", nargs="+", default=CASES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, help="page in which the table is put between its marks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        sources = work / "sources"
        sources.mkdir()
        for folder in options.clips:
            for pattern in TALKERS:
                for path in sorted(folder.glob(f"{pattern}.*")):
                    (sources / path.name).symlink_to(path)
        config = ComposeConfig(
            seed=options.seed, cases=tuple(options.cases), variants=("none",), limit=options.limit, include=TALKERS
        )
        composed = compose(sources, work / "composed", config)
        photograph(composed, work / "poi")
        lines = list(measured(composed, work))
    print("\n".join(lines))
    if options.write is not None:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, behind = rest.partition(END)
        options.write.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{behind}", encoding="utf-8")


def measured(composed: Composed, work: Path) -> Iterator[str]:
    """Yield the table of all clips."""
    rows, manifest = rows_of(composed.folder / "reference.csv"), rows_of(composed.folder / "manifest.csv")
    with Pipeline.from_profile("default") as pipeline:
        bench = Bench(pipeline, pipeline.enroll(work / "poi"), work / "filmed")
        for number, row in enumerate(manifest, start=1):
            clip = composed.folder / f"{row['clip']}.mp4"
            with VideoReader(clip) as reader:
                length = reader.info.duration or 0.0
            print(f"{number} of {len(manifest)}: {clip.name}", flush=True)
            bench.take(clip, truth_of(clip, rows, length, row["talkers"].split("|")), length)
    yield from table(bench.tallies, len(manifest))


if __name__ == "__main__":
    main()

"""Scoring the clips of `measure.py` with many configurations of a speaker stage, through the pipeline's own run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from cases import Bench, load_faces, told

from slceleb_core.evaluation.compose.options import HEIGHT
from slceleb_core.evaluation.compose.pictures import Region, layout
from slceleb_core.evaluation.compose.recipe import Recipe, truth
from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.perception.fusing.stage import FuseSpeaker
from slceleb_core.perception.scoring import said_of, surveyed
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.profile import Profile, StageUse, bind, load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult, Result, Segment
from slceleb_core.run import OpenStages, VideoRun
from slceleb_core.settings import load_settings
from slceleb_core.stages import BoundStage, Detector, Speaker, StageConfig, StageContext
from slceleb_core.types import (
    Array,
    AudioSpan,
    Faces,
    Frame,
    JsonValue,
    Scores,
    TimeRange,
    Track,
    VideoInfo,
    WholeSound,
)

CHANCE = "chance"
"""How the first stage's p-value is called among the signs."""

ONE_CHUNK = 4
"""Clips handed to a process at a time."""


@dataclass(frozen=True)
class Configuration:
    """A speaker stage, its options, and what they are called; what is fused comes behind its parts."""

    name: str
    options: Mapping[str, Any]
    use: str = "xcorr"

    @property
    def bound_use(self) -> StageUse:
        """The same, as a profile has it."""
        return StageUse(use=self.use, options=dict(self.options))


@dataclass(frozen=True)
class Scored:
    """Every face-frame of every clip.

    Attributes
    ----------
    names
        The configurations.
    recipe
        int [n]: number of the clip.
    face
        int [n]: the face's position.
    time
        float [n]: seconds of the clip.
    talker
        str [n]: whose face.
    label
        bool [n]: truly the speaker.
    seen
        bool [n]: whether a face was found there.
    size
        float [n]: of the face found, in pixels; NaN where there is none.
    scores
        float [configurations, n]: 0 where no face was found.
    seconds
        float [configurations]: spent in the speaker stage's `listen`, `observe`, `survey` and `score`, finding voices
        left out.
    hearing
        float []: spent on finding where a voice is heard, once for all configurations.
    segments
        float [m, 6]: what is accepted: with which configuration (only some were asked for), clip, face, start, end
        (without padding), and by how many milliseconds the sound was found to be late; NaN where that is not told.
    case, variant
        str [n]: of the clip.
    signs
        float [n, signs]: what the first configuration's scores rest on, by `sign_names`, where its option
        ``diagnostics`` asks for that; 0 where no face was found.
    """

    names: list[str]
    recipe: Array
    face: Array
    time: Array
    talker: Array
    label: Array
    seen: Array
    size: Array
    scores: Array
    seconds: Array
    hearing: Array
    segments: Array
    case: Array
    variant: Array
    signs: Array
    sign_names: list[str]

    def save(self, path: Path) -> None:
        """Write everything as npz."""
        np.savez_compressed(path, **{name: getattr(self, name) for name in self.__dataclass_fields__})


class Replay(Detector):
    """Says again what was detected before."""

    name: ClassVar[str] = "replay"
    Config: ClassVar[type[StageConfig]] = StageConfig

    def __init__(self, faces: Sequence[Faces], context: StageContext) -> None:
        super().__init__(StageConfig(), context)
        self.faces = faces

    def start(self, video: VideoInfo) -> None:
        """Do nothing: the faces are those of one video."""

    def detect(self, frames: Sequence[Frame]) -> list[Faces]:
        """Return the faces on record."""
        return [self.faces[frame.index] for frame in frames]


class Told(Speaker):
    """Says again what one stage of a panel said, span by span: so its segments follow by the same rules."""

    name: ClassVar[str] = "told"
    Config: ClassVar[type[StageConfig]] = StageConfig
    needs_pixels: ClassVar[bool] = False

    def __init__(self, panel: Panel, place: int) -> None:
        super().__init__(StageConfig(), panel.context)
        self.context_seconds = panel.context_seconds
        self._spans, self._lag = iter(panel.spans[place]), panel.lag_of(place)

    def start(self, video: VideoInfo) -> None:
        """Do nothing: it is for one video."""

    def observe(self, frame: Frame, faces: Faces) -> Array:  # noqa: ARG002 - the contract's
        """Return nothing of each face."""
        return np.zeros((len(faces), 0), np.float32)

    @property
    def lag(self) -> float | None:
        """What the stage said of the whole video."""
        return self._lag

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:  # noqa: ARG002 - the contract's
        """Return what it said of the next span."""
        return next(self._spans)


@dataclass(frozen=True)
class Fusion:
    """A fused stage whose parts a panel has: what it says follows from what they say.

    Attributes
    ----------
    stage
        It, not open.
    of
        The places of its parts.
    """

    stage: FuseSpeaker
    of: tuple[int, ...]


class Panel(FuseSpeaker):
    """Several speaker stages behind one: all score the same tracks, and what each said is kept.

    It scores as the first one does. Behind the stages come what is fused of them.

    Attributes
    ----------
    said
        For each stage, by (frame, track), the score.
    spans
        For each stage, what it said of each span.
    hearing
        Seconds that it took to find where a voice is heard.
    seconds
        For each stage, what `listen`, `observe`, `survey` and `score` took besides; of what is fused, of all its parts.
    signs, sign_names
        By (frame, track), what the first stage's score rests on, and how that is called; empty where it does not say.
    """

    name: ClassVar[str] = "panel"

    def __init__(self, context: StageContext, fusions: Sequence[Fusion]) -> None:
        super().__init__(StageConfig(), context)
        self.fusions = fusions
        self.said: list[dict[tuple[int, int], float]] = []
        self.spans: list[list[list[Scores]]] = []
        self.signs: dict[tuple[int, int], list[float]] = {}
        self.sign_names: list[str] = []
        self.hearing = 0.0
        self._seconds = np.zeros(len(self.members))

    @property
    def seconds(self) -> Array:
        """Seconds of each."""
        return np.array([*self._seconds, *(self._seconds[list(fusion.of)].sum() for fusion in self.fusions)])

    def lag_of(self, place: int) -> float | None:
        """Return what a stage says of the whole video."""
        inner = place - len(self.members)
        return self.members[place if inner < 0 else self.fusions[inner].of[0]].lag

    def forget(self) -> None:
        """Begin to count seconds anew."""
        self.hearing, self._seconds = 0.0, np.zeros(len(self.members))

    def start(self, video: VideoInfo) -> None:
        """Start every stage."""
        count = len(self.members) + len(self.fusions)
        self.said, self.signs, self.spans = [{} for _ in range(count)], {}, [[] for _ in range(count)]
        super().start(video)

    def listen(self, sound: WholeSound) -> None:
        """Let every stage take in the sound; where a voice is heard is found once for all, and timed apart."""
        begin = time.perf_counter()
        self.context.speech.find(sound, self.context.speech.prepare("auto"))
        self.hearing += time.perf_counter() - begin
        for member, timed in self._timed():
            with timed:
                member.listen(sound)

    def observe_batch(self, frames: Sequence[Frame], faces: Sequence[Faces], tracks: Sequence[Array]) -> list[Array]:
        """Return what every stage observes; a stage's own share of the time is told by a second look."""
        for member, timed in self._timed():
            with timed:
                member.observe_batch(frames, faces, tracks)
        return super().observe_batch(frames, faces, tracks)

    def survey(self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange) -> None:
        """Let every stage take in a span."""
        for (member, timed), seen in zip(self._timed(), self.together.seen(tracks), strict=True):
            with timed:
                member.survey(surveyed(seen), audio, own)

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Let every stage score; return what the first said."""
        results: list[list[Scores]] = []
        for (member, timed), seen in zip(self._timed(), self.together.seen(tracks), strict=True):
            with timed:
                results.append(said_of(member, seen, audio))
        results += [each.stage.joined(tracks, [results[part] for part in each.of]) for each in self.fusions]
        for spans, said, of_stage in zip(self.spans, self.said, results, strict=True):
            spans.append(of_stage)
            for track, of_track in zip(tracks, of_stage, strict=True):
                said.update(zip(_keys(track), of_track.speaking.tolist(), strict=True))
        for track, scores in zip(tracks, results[0], strict=True):
            if scores.diagnostics:  # none of a face of which nothing is known
                told = {**scores.diagnostics, **({} if scores.chance is None else {CHANCE: scores.chance})}
                self.sign_names = list(told)
                self.signs.update(zip(_keys(track), np.array(list(told.values())).T.tolist(), strict=True))
        return results[0]

    @property
    def lag(self) -> float | None:
        """What the first says of the whole video."""
        return self.members[0].lag

    def report(self) -> dict[str, JsonValue]:
        """Return nothing: what was scored is told by the tables."""
        return {}

    def _timed(self) -> Iterator[tuple[Speaker, AbstractContextManager[None]]]:
        """Yield each stage, and what adds the time spent within it to its own."""
        for place, member in enumerate(self.members):
            yield member, self._timing(place)

    @contextmanager
    def _timing(self, place: int) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self._seconds[place] += time.perf_counter() - begin


def _keys(track: Track) -> Iterator[tuple[int, int]]:
    return ((int(frame), track.id) for frame in track.frames)


@dataclass
class _Machine:
    """What a process opens once."""

    panel: Panel
    profile: Profile
    context: StageContext
    warm: bool = False


_MACHINES: dict[str, _Machine] = {}


def _machine(configurations: Sequence[Configuration]) -> _Machine:
    key = repr(configurations)
    if key not in _MACHINES:
        context, profile, registry = load_settings().stage_context(), load_profile(DEFAULT_PROFILE), Registry.discover()
        bound = [
            bind(profile.model_copy(update={"speaker": each.bound_use}), registry).speaker for each in configurations
        ]
        parts = set(range(len(bound))) - {n for n, each in enumerate(bound) if _is_known(each, bound)}
        alone = [bound[place] for place in sorted(parts)]
        fusions = [_fusion(each, alone, context) for place, each in enumerate(bound) if place not in parts]
        panel: Any = Panel.made_of(tuple(alone))
        opened = panel(context, fusions)
        opened.open()
        _MACHINES[key] = _Machine(opened, profile, context)
    return _MACHINES[key]


def _is_known(bound: BoundStage, others: Sequence[BoundStage]) -> bool:
    """Tell whether a stage is fused of others that are measured, too."""
    return bool(bound.stage.parts) and all(part in others for part in bound.stage.parts)


def _fusion(bound: BoundStage, alone: Sequence[BoundStage], context: StageContext) -> Fusion:
    """Return a fused stage of stages that are measured before it."""
    stage: Any = bound.stage(bound.config, context)
    return Fusion(stage, tuple(alone.index(part) for part in bound.stage.parts))


def score_all(bench: Bench, configurations: Sequence[Configuration], jobs: int, judged: int) -> Scored:
    """Score every clip with every configuration, and find the segments of the first `judged` of them."""
    told(f"scoring {len(configurations)} configurations")
    work = [(recipe, bench.videos[recipe.clip], bench.faces[recipe.clip]) for recipe in bench.recipes]
    run = partial(_score_clip, sources=bench.sources, configurations=configurations, judged=judged)
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        parts = list(pool.map(run, work, chunksize=ONE_CHUNK))
    totals = {name: np.sum([part.pop(name) for part in parts], axis=0) for name in ("seconds", "hearing")}
    found = [part.pop("segments") for part in parts]
    signs = np.concatenate([part.pop("signs") for part in parts])
    sign_names = next((names for names in [part.pop("sign_names").tolist() for part in parts] if names), [])
    columns = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    counts = [len(part["label"]) for part in parts]
    return Scored(
        segments=np.concatenate([np.insert(rows, 1, clip, axis=1) for clip, rows in enumerate(found)]),
        names=[configuration.name for configuration in configurations],
        recipe=np.repeat(np.arange(len(parts)), counts),
        case=np.repeat([recipe.case for recipe in bench.recipes], counts),
        variant=np.repeat([recipe.variant for recipe in bench.recipes], counts),
        signs=signs,
        sign_names=sign_names,
        **totals,
        **columns,
    )


def _score_clip(
    job: tuple[Recipe, Path, Path],
    *,
    sources: Mapping[str, Source],
    configurations: Sequence[Configuration],
    judged: int,
) -> dict[str, Array]:
    """Return the columns of :class:`Scored` of one clip."""
    recipe, video, faces = job
    machine = _machine(configurations)
    panel = machine.panel
    if not machine.warm:  # what is imported or compiled on first use is nobody's cost
        _run(video, faces, machine)
        machine.warm = True
    panel.forget()
    results = _run(video, faces, machine)
    frames = [result for result in results if isinstance(result, FrameResult)]
    totals = {"seconds": panel.seconds, "hearing": np.array(panel.hearing)}
    found = {**_match(recipe, sources, frames, panel), **totals}  # before the panel's clip is gone through again
    again = [Told(panel, place) for place in range(1, judged)]
    regions, rows = layout(recipe, sources, HEIGHT).regions, []
    for place, of_stage in enumerate([results, *(_run(video, faces, machine, stage) for stage in again)]):
        segments = [result for result in of_stage if isinstance(result, Segment)]
        rows += [(place, *row) for segment in segments for row in _accepted(segment, frames, regions)]
    return {**found, "segments": np.array(rows, dtype=np.float64).reshape(-1, 5)}


def results_of(video: Path, faces: Path, configurations: Sequence[Configuration]) -> list[Result]:
    """Return what a run with the default profile yields, by the scores of the first configuration."""
    return _run(video, faces, _machine(configurations))


def _run(video: Path, faces: Path, machine: _Machine, speaker: Speaker | None = None) -> list[Result]:
    stages = OpenStages(Replay(load_faces(faces)[0], machine.context), speaker or machine.panel, None)
    return list(VideoRun(VideoSelection(video), stages, machine.profile, dict).results())


def _accepted(
    segment: Segment, frames: Sequence[FrameResult], regions: Sequence[Region]
) -> Iterator[tuple[float, float, float, float]]:
    """Yield a segment's face position, start, end and lag, where its face is in one of the positions.

    Frames are shown until the next one; that behind the last of a clip is taken to come after the usual time.
    """
    times = np.array([frame.time for frame in frames])
    ends = np.append(times[1:], times[-1] + np.median(np.diff(times)))
    inside = [frame for frame in frames if segment.first_frame <= frame.index <= segment.last_frame]
    boxes = [face.box for frame in inside for face in frame.faces if face.track == segment.track]
    x, y = np.median([((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes], axis=0)
    lag = np.nan if segment.av_offset_ms is None else segment.av_offset_ms
    for number, region in enumerate(regions):
        if region.x0 <= x < region.x1 and region.y0 <= y < region.y1:
            shown = {frame.index: end for frame, end in zip(frames, ends, strict=True)}
            yield float(number), inside[0].time, float(shown[segment.last_frame]), float(lag)


def _match(
    recipe: Recipe, sources: Mapping[str, Source], frames: Sequence[FrameResult], panel: Panel
) -> dict[str, Array]:
    """Give every face position of every frame the scores of the face that was found there."""
    regions = layout(recipe, sources, HEIGHT).regions
    spoken = truth(recipe, sources)
    rows: list[tuple[int, float, str, bool, bool, float, list[float], list[float]]] = []
    silent = [0.0] * len(panel.sign_names)
    for frame in frames:
        for number, (face, region) in enumerate(zip(recipe.faces, regions, strict=True)):
            inside = [
                found
                for found in frame.faces
                if region.x0 <= (found.box[0] + found.box[2]) / 2 < region.x1
                and region.y0 <= (found.box[1] + found.box[3]) / 2 < region.y1
            ]
            best = max(inside, key=lambda seen: seen.score, default=None)
            label = any(a <= frame.time < b for a, b in spoken[number])
            scores = [0.0 if best is None else said.get((frame.index, best.track), 0.0) for said in panel.said]
            size = np.nan if best is None else np.sqrt((best.box[2] - best.box[0]) * (best.box[3] - best.box[1]))
            signs = silent if best is None else panel.signs.get((frame.index, best.track), silent)
            rows.append((number, frame.time, face.talker, label, best is not None, float(size), scores, signs))
    columns = list(zip(*rows, strict=True))
    names = ("face", "time", "talker", "label", "seen", "size")
    told = {"scores": np.array(columns[6]).T, "signs": np.array(columns[7]), "sign_names": np.array(panel.sign_names)}
    return {**{n: np.array(c) for n, c in zip(names, columns, strict=False)}, **told}

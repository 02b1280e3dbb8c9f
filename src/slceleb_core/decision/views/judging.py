"""From what several cameras see to results: one row a person and moment, judged by the rules for one camera."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from slceleb_core.decision.candidates import CandidateBuilder, RowMeasures
from slceleb_core.decision.endings import Called, Endings
from slceleb_core.decision.identity import Gallery, Identity
from slceleb_core.decision.rowscores import known
from slceleb_core.decision.rules import Rules
from slceleb_core.decision.segmenting import ROUNDING, Row
from slceleb_core.decision.trackstates import TrackState
from slceleb_core.decision.views.casting import Appearance, Cast
from slceleb_core.decision.views.choosing import Seen, Viewer
from slceleb_core.decision.views.fusing import Fused, fuse
from slceleb_core.decision.views.moments import Moment
from slceleb_core.decision.views.running import Heard, Running
from slceleb_core.decision.views.sightings import Look, seen_by
from slceleb_core.results import FaceResult, FrameResult, Result, Segment, View

BELIED = 0.05
"""Speaking score of a camera's own below which its picture does not show somebody whom all together say to speak: the
lips of a portrait on a wall, or of a frozen picture, are at .004 to .009 (xcorr, a clip beside a still out of it)."""

NOWHERE = np.zeros(0, np.float32)
"""The similarities of a face that was compared with nobody."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, as far as deciding has to know of it.

    Attributes
    ----------
    name
        What it is called.
    lag
        Seconds by which the sound of its whole video is late.
    """

    name: str
    lag: float = 0.0


class GroupJudge:
    """Judges the moments of a group of cameras, in order.

    Parameters
    ----------
    cameras
        By their places.
    people
        Everybody who is seen, and who they are.
    gallery, rules
        What is decided by.
    called
        How things are called.
    """

    def __init__(self, cameras: Sequence[Camera], people: Cast, gallery: Gallery, rules: Rules, called: Called) -> None:
        self._cameras, self._cast, self._rules, self._called = cameras, people, rules, called
        self._lags = {place: camera.lag for place, camera in enumerate(cameras)}
        self._endings = Endings(gallery, rules)
        self._running: dict[int, Running] = {}

    def judge(self, moment: Moment) -> Iterator[Result]:
        """Yield what has ended before a moment, and then its frame."""
        yield from self._end([number for number in self._running if self._cast.appearances[number].end <= moment.time])
        looks = self._looks(moment)
        fused = {number: fuse(seen, self._lags) for number, seen in looks.items()}
        shots = {camera: frame.shot for camera, frame in moment.frames.items()}
        faces = [self._see(moment, number, seen, fused, shots) for number, seen in looks.items()]
        voice = max((one.voice for one in fused.values() if one is not None), default=None)
        yield FrameResult(moment.index, moment.time, tuple(faces), voice)

    def close(self) -> Iterator[Result]:
        """Yield what has ended with the last moment."""
        yield from self._end(list(self._running))

    def _looks(self, moment: Moment) -> dict[int, list[Look]]:
        """Return the looks at each person, one a camera, by the appearance's number."""
        looks: dict[int, list[Look]] = {}
        for _, frame in sorted(moment.frames.items()):
            for look in frame.looks:
                looks.setdefault(self._cast.of_track[look.track], []).append(look)
        return dict(sorted(looks.items()))

    def _see(
        self,
        moment: Moment,
        number: int,
        looks: Sequence[Look],
        fused: Mapping[int, Fused | None],
        shots: Mapping[int, int],
    ) -> FaceResult:
        """Take in a person at a moment, and return what is said of them."""
        running = self._running.get(number)
        if running is None:
            running = self._running[number] = self._begun(moment)
        by_camera = self._showing(looks, fused[number])
        for camera in by_camera:
            running.sees(camera, moment.time, moment.end)
        camera = running.viewer.choose(
            moment.time,
            {place: Seen(look.weight * look.score, shots[place]) for place, look in by_camera.items()},
            shots,
            speaking=running.state.builder.speaking,
        )
        state, said = running.state, fused[number]
        state.end, state.last_frame, state.frames = moment.end, moment.index, state.frames + 1
        if said is not None:
            self._hear(running, Heard(moment, by_camera, said, self._rival(number, fused)), camera)
        return self._face(number, looks, by_camera.get(camera) or _best(by_camera.values()), said)

    def _showing(self, looks: Sequence[Look], said: Fused | None) -> dict[int, Look]:
        """Return by camera the looks that show what is said: not those whose own lips are still while others speak."""
        if said is None or said.speaking < self._rules.segments.offset:
            return {look.track[0]: look for look in looks}
        return {look.track[0]: look for look in looks if not _belies(look)}

    def _hear(self, running: Running, heard: Heard, camera: int) -> None:
        """Take in what is said of a person, as soon as it is known which camera shows them then."""
        if camera not in heard.looks:
            running.waiting.append(heard)
            return
        if running.shows not in (None, camera):
            self._lose(running, camera)
        elif running.missed_by(camera) > self._rules.segments.min_off + ROUNDING:
            self._lose(running)
        for each in (*running.waiting, heard):
            self._take(running, each, camera)
        running.waiting.clear()

    def _lose(self, running: Running, camera: int | None = None) -> None:
        """Know that the camera that showed a person has lost them: others that saw them meanwhile have shown them.

        Parameters
        ----------
        running
            The person.
        camera
            The one that shows them from now on; None: they are seen no more.
        """
        for each in running.waiting:
            best = _best(each.looks.values()).track[0]
            self._take(running, each, best if camera is None or camera not in each.looks else camera)
        running.waiting.clear()

    def _take(self, running: Running, heard: Heard, camera: int) -> None:
        running.show(camera, heard.moment.time)
        looks = list(heard.looks.values())
        running.state.hear(
            self._row(heard.moment, looks, heard.said, camera),
            _measures(heard.looks.get(camera) or _best(looks), heard.said, heard.rival),
        )

    def _begun(self, moment: Moment) -> Running:
        segments = self._rules.segments
        state = TrackState(CandidateBuilder(segments), moment.time, moment.time, moment.index, moment.index)
        return Running(state, Viewer(segments.min_off))

    def _row(self, moment: Moment, looks: Sequence[Look], said: Fused, camera: int) -> Row:
        compared = [look for look in looks if look.similarities.size and np.isfinite(look.similarities).all()]
        nearest = max(compared, key=lambda look: look.weight, default=None)
        return Row(
            moment.index,
            moment.time,
            moment.end,
            said.speaking,
            NOWHERE if nearest is None else nearest.similarities,
            said.lag,
            (said.overlap or 0.0) > self._rules.gates.max_overlap,
            camera,
        )

    def _rival(self, number: int, fused: Mapping[int, Fused | None]) -> float:
        """Return how surely somebody speaks who is known to be somebody else."""
        others = (
            other.speaking
            for rival, other in fused.items()
            if other is not None and rival != number and self._cast.different(number, rival)
        )
        return max(others, default=0.0)

    def _face(self, number: int, looks: Sequence[Look], best: Look, said: Fused | None) -> FaceResult:
        who = self._cast.appearances[number].who
        similarity = None if who.nearest is None else known(best.similarities[who.nearest])
        heeded = said is not None and said.followed
        return FaceResult(
            track=number,
            box=best.box,
            score=best.score,
            person=who.person,
            similarity=similarity,
            speaking=said.speaking if said is not None and heeded else None,
            mouth=None if said is None else said.mouth,
            chance=None if said is None else said.chance,
            overlap=None if said is None else said.overlap,
            looked=best.looked,
            embedded=best.embedded,
            camera=self._cameras[best.track[0]].name,
            boxes={self._cameras[look.track[0]].name: look.box for look in looks},
        )

    def _end(self, numbers: Sequence[int]) -> Iterator[Result]:
        """Yield what becomes of people who are seen no more."""
        ended = {number: self._running.pop(number) for number in numbers}
        if not ended:
            return
        for running in ended.values():
            self._lose(running)
        states = {number: running.state for number, running in ended.items()}
        identities = {number: self._told(self._cast.appearances[number]) for number in ended}
        for result in self._endings.end(0, states, identities, self._called, 0.0):
            yield self._shown(result, ended[result.track]) if isinstance(result, Segment) else result

    def _told(self, appearance: Appearance) -> Identity:
        """Return who somebody is, and by which cameras they are seen."""
        names = ", ".join(self._cameras[place].name for place in seen_by(appearance.members))
        return replace(appearance.who, reason=f"{appearance.who.reason}; seen by {names}")

    def _shown(self, segment: Segment, running: Running) -> Segment:
        """Return a segment with its views; times are still those of the group."""
        chosen = running.shown_by(segment.start, segment.end)
        views = []
        for place, stretches in sorted(running.seen.items()):
            shared = (min(end, segment.end) - max(start, segment.start) for start, end in stretches)
            seen = math.fsum(seconds for seconds in shared if seconds > 0.0)
            if seen > 0.0:
                views.append(View(self._cameras[place].name, segment.start, segment.end, seen))
        lag = self._cameras[chosen].lag * 1000.0
        offset = None if segment.av_offset_ms is None else segment.av_offset_ms + lag
        return replace(segment, camera=self._cameras[chosen].name, views=tuple(views), av_offset_ms=offset)


def _best(looks: Iterable[Look]) -> Look:
    """Return the look that sees somebody best; of equal ones the first camera's."""
    return max(looks, key=lambda look: (look.weight, -look.track[0]))


def _belies(look: Look) -> bool:
    """Tell whether lips that were looked at are still."""
    return look.said is not None and look.said.followed and look.said.speaking < BELIED


def _measures(look: Look, said: Fused, rival: float) -> RowMeasures:
    return RowMeasures(
        voice=said.voice,
        other_speaker=rival,
        size=look.size,
        turned=look.turned,
        sharpness=look.sharpness,
        chance=said.chance,
        overlap=said.overlap,
        followed=said.followed,
    )

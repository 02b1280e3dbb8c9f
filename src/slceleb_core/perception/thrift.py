"""Finding faces with as little work as the answer needs: two passes over a shot, the second one close behind the first.

The first pass finds faces on key frames, links them, places them in between, and has a few of each track compared with
the gallery. The second one looks at lips on every frame, and only at those that can matter: of tracks that may show
somebody of the gallery, and of those that are seen together with them, while a voice is heard. What may yet have to be
looked at is kept as what is seen through a small window, until that is settled or has been open for too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from slceleb_core.decision.attention import Attention, EconomyConfig, Verdict
from slceleb_core.geometry import intersection_over_union
from slceleb_core.media.ahead import Ahead
from slceleb_core.media.windows import windows_of
from slceleb_core.perception.between import interpolated, joined, paired, seen_as
from slceleb_core.perception.collaborators import Comparing, Looking, Needs, Whole
from slceleb_core.perception.keys import HELD_PIXELS, KeyFrames, Stretch
from slceleb_core.perception.looks import Looks
from slceleb_core.perception.quality import quality
from slceleb_core.perception.settling import Settling
from slceleb_core.perception.sketches import Closeups, Order, Sketch, View
from slceleb_core.perception.steps import EARLY, FrameFaces, batches, compared, crop_faces
from slceleb_core.perception.tracking import Tracker, TrackingConfig
from slceleb_core.timing import Timings
from slceleb_core.types import Array, FaceCrops, Faces, Found, Frame

MOST_VIEWS = 256
"""Views that are kept at most: 50 MB of 256 by 256 pixels, ten seconds of a face."""

ORDERS = 4
"""Stretches whose faces are being looked at while the next ones are gone through."""

KEYS_AHEAD = 1
"""Key frames that wait to be gone through, while faces are looked for on the next one."""

NOBODY = Found(Faces.empty(), np.zeros((0, 4)))
"""What is known of a frame that was not looked at, where it cannot wait for one that is."""

SAME = 0.3
"""Overlap (IoU) with its last place from which on what is seen through a window is the same face."""

MET = 0.5
"""Overlap (IoU) of two places on one frame from which on they are one face's: no two cover each other so far."""


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    """A key frame, and those before it: its faces, their tracks and windows."""

    stretch: Stretch
    faces: Faces
    tracks: Array
    windows: Array

    @property
    def frame(self) -> Frame:
        """The key frame itself."""
        return self.stretch.key


class ThriftyFinding:
    """Finds faces on all frames, by looking at some: the step ``FindingFaces``.

    Faces come with the embeddings of those that were compared, NaN elsewhere.

    Parameters
    ----------
    detector
        Open, and told of the video.
    frames
        All of them, with their shots.
    economy
        What is left out.
    attention
        Who settles what is looked at.
    comparing
        With whom faces are compared; None: with nobody.
    needs
        What else decides about that.
    tracking
        Which faces are one track.
    threads
        Processor threads to keep to.
    timings
        Told of what takes time.
    """

    def __init__(
        self,
        detector: Looking,
        frames: Iterable[Frame],
        economy: EconomyConfig,
        attention: Attention,
        comparing: Comparing | None,
        needs: Needs,
        tracking: TrackingConfig,
        threads: int,
        timings: Timings,
    ) -> None:
        self._detector, self._frames, self._economy, self._timings = detector, frames, economy, timings
        self._attention, self._comparing, self._needs, self._threads = attention, comparing, needs, threads
        self._together = detector.together if isinstance(detector, Whole) else 1  # else what is found sets the next key
        self._keys, self._tracker, self._looks = KeyFrames(economy.key_interval), Tracker(tracking), Looks()
        self._settling = Settling(KEYS_AHEAD + 1)
        self._before: _Key | None = None
        self._aliases: dict[int, int] = {}
        self._looked = float("-inf")
        self._waiting: deque[list[Sketch]] = deque()
        self._orders: deque[Order] = deque()

    def find(self) -> Iterator[Sequence[FrameFaces]]:
        """Yield the frames, a stretch at a time."""
        executor = None if self._threads == 1 else ThreadPoolExecutor(1, "closeups")
        with Closeups(self._detector, executor, self._timings) as closeups, ExitStack() as stack:
            keys: Iterable[_Key] = self._found()
            if self._threads != 1:
                keys = stack.enter_context(Ahead(keys, _held_pixels, KEYS_AHEAD, HELD_PIXELS))
                stack.callback(self._settling.leave)  # before that thread is waited for
            for key in keys:
                sketches = self._sketched(key, closeups)
                self._settling.tell(matters=self._may_matter(sketches[-1].tracks))
                self._waiting.append(sketches)
                yield from self._settled(closeups, at_once=key.stretch.closes)
            while self._orders:
                yield self._handed_on(self._orders.popleft())

    def _found(self) -> Iterator[_Key]:
        """Yield the key frames with what is found on them; all of it may come from a thread of its own."""
        before: _Key | None = None
        for stretch, found in self._looked_at():
            with self._timings.stage("track"):
                tracks = self._tracker.link(stretch.key, found.faces)
            all_of, none_of = np.ones(len(tracks), dtype=bool), np.zeros(len(tracks), dtype=bool)
            faces = replace(found.faces, looked=all_of, embedded=none_of)
            key = _Key(stretch, faces, tracks, found.windows)
            moved = 0.0 if before is None or stretch.opens else _motion(before, key)
            idle = not len(tracks) or not self._needs.lips.at(stretch.key.time)
            self._keys.learn(moved, idle=idle or not self._settling.matters())
            before = key
            yield key

    def _looked_at(self) -> Iterator[tuple[Stretch, Found]]:
        """Yield stretches up to a key frame that was looked at, and what was found on it.

        One that was not is a frame in between. Nobody is known of where a shot begins or ends with one, or where so
        many follow each other that they cannot be held.
        """
        passed: tuple[Frame, ...] = ()
        for stretches in batches(self._keys.stretches(self._frames), self._together, lambda stretch: stretch.key):
            with self._timings.stage("detect"):
                several = self._detector.find([stretch.key for stretch in stretches])
            for stretch, found in zip(stretches, several, strict=True):
                frames = (*passed, *stretch.frames)
                held = len(frames) * stretch.key.width * stretch.key.height
                if found is None and not (stretch.opens or stretch.closes or held > HELD_PIXELS):
                    passed = frames
                    continue
                passed = ()
                yield replace(stretch, frames=frames), found or NOBODY

    def _settled(self, closeups: Closeups, *, at_once: bool) -> Iterator[Sequence[FrameFaces]]:
        """Order the closer looks of the stretches of which it is settled what is looked at; yield finished ones."""
        while self._waiting and (at_once or self._is_settled()):
            self._orders.append(closeups.order(self._chosen(self._waiting.popleft())))
            if len(self._orders) > ORDERS or self._threads == 1:
                yield self._handed_on(self._orders.popleft())

    def _is_settled(self) -> bool:
        """Tell whether it is settled, or has been open for too long, what is looked at of the next stretch."""
        first, last = self._waiting[0], self._waiting[-1]
        if self._needs.pictures or last[-1].time - first[0].time > self._economy.look_back:
            return True
        if sum(len(sketch.views) for held in self._waiting for sketch in held) > MOST_VIEWS:
            return True
        return all(self._attention.verdict(track) is not Verdict.OPEN for track in _tracks(first))

    def _chosen(self, sketches: list[Sketch]) -> list[Sketch]:
        """Return frames with those views left that are to be looked at."""
        nobody = {track for track in _tracks(sketches) if self._attention.verdict(track) is Verdict.NOBODY}
        for sketch in sketches:
            if not sketch.close or (self._economy.mesh == "candidates" and nobody.issuperset(sketch.tracks.tolist())):
                sketch.let_go()
            else:
                sketch.follow()
        return sketches

    def _handed_on(self, order: Order) -> Sequence[FrameFaces]:
        return [
            FrameFaces(s.index, s.time, s.shot, s.faces, s.frame, embeddings=s.embeddings) for s in order.finished()
        ]

    def _sketched(self, found: _Key, closeups: Closeups) -> list[Sketch]:
        """Return the frames up to a key frame with the faces that are on it, and were on the one before."""
        stretch = found.stretch
        if stretch.opens:
            self._before, self._aliases = None, {}
            self._attention.forget()
        key = self._renamed(found)
        with self._timings.stage("between"):
            between = [self._between(frame, key) for frame in stretch.frames[:-1]]
        if self._before is not None:
            ahead = list(zip(stretch.frames, between, strict=False))
            self._follow(self._before, key, ahead, closeups)
            self._follow(key, self._before, ahead[::-1], closeups)
            key = self._renamed(found)  # faces that moved too fast to be linked have met in between
        self._looked = key.frame.time
        at_key = self._sketch(key.frame, key.faces, key.tracks)
        self._embed(key, at_key)
        self._before = key
        return [*between, at_key]

    def _renamed(self, key: _Key) -> _Key:
        """Return a key frame with those tracks under one number that turned out to be one."""
        tracks = [self._aliases.get(track, track) for track in key.tracks.tolist()]
        return replace(key, tracks=np.array(tracks, dtype=np.int64))

    def _sketch(self, frame: Frame, faces: Faces, tracks: Array) -> Sketch:
        picture = frame if self._needs.pictures else None
        unknown = None
        if self._comparing is not None:
            unknown = np.full((len(tracks), self._comparing.recognizer.dim), np.nan, np.float32)
        return Sketch(
            frame.index, frame.time, frame.shot, faces, tracks, self._needs.lips.at(frame.time), picture, unknown
        )

    def _between(self, frame: Frame, key: _Key) -> Sketch:
        """Return a frame between two key frames."""
        before = key if self._before is None else self._before
        pairs = paired(before.tracks, key.tracks)
        part = (frame.time - before.frame.time) / (key.frame.time - before.frame.time)
        faces = interpolated(before.faces, key.faces, pairs, part)
        sketch = self._sketch(frame, faces, key.tracks[[row for _, row in pairs]].astype(np.int64))
        sketch.close = sketch.close and self._may_matter(sketch.tracks)
        if sketch.close and self._is_next(frame.time):
            windows = (
                before.windows[[row for row, _ in pairs]] if part < 0.5 else key.windows[[row for _, row in pairs]]
            )
            meshed = _meshed(before.faces)[[row for row, _ in pairs]] | _meshed(key.faces)[[row for _, row in pairs]]
            sketch.views = self._views(frame, windows, np.flatnonzero(meshed))
        return sketch

    def _may_matter(self, tracks: Array) -> bool:
        """Tell whether anybody who is seen together may have to be looked at more closely."""
        if self._economy.mesh == "all":
            return bool(len(tracks))
        return any(self._attention.verdict(track) is not Verdict.NOBODY for track in tracks.tolist())

    def _is_next(self, time: float) -> bool:
        """Tell whether it is time for lips to be looked at again."""
        rate = self._economy.mesh_rate
        if rate is not None and time - self._looked < EARLY / rate:
            return False
        self._looked = time
        return True

    def _views(self, frame: Frame, windows: Array, rows: Array) -> dict[int, View]:
        images = windows_of(frame.pixels, windows[rows], self._detector.window_pixels)
        return {int(row): View(image, windows[row]) for row, image in zip(rows, images, strict=True)}

    def _follow(self, key: _Key, other: _Key, frames: Sequence[tuple[Frame, Sketch]], closeups: Closeups) -> None:
        """Look for the faces that are on one key frame only on the frames next to it, until they are not seen.

        A face may be on the other one as well, and have moved too fast to be known again there. Then it comes to where
        that one has been followed to already, and both are one.
        """
        for row in np.flatnonzero(~np.isin(key.tracks, other.tracks) & _meshed(key.faces)):
            track, window, face = int(key.tracks[row]), key.windows[row], key.faces[[int(row)]]
            done: list[Sketch] = []
            for frame, sketch in frames:
                view = self._views(frame, window[None], np.array([0]))[0]
                seen = closeups.look_now([view]).faces
                if not len(seen) or intersection_over_union(seen.boxes[0], face.boxes[0]) < SAME:
                    break
                met = _at(sketch, seen.boxes[0])
                if met is not None:
                    if met in other.tracks and met not in key.tracks:  # else it is somebody in front of the face
                        self._join(track, met, done)
                    break
                face = seen_as(face, np.array([0]), seen)
                sketch.faces, sketch.tracks = joined(sketch.faces, face), np.append(sketch.tracks, track)
                if sketch.embeddings is not None:
                    sketch.embeddings = np.pad(sketch.embeddings, ((0, 1), (0, 0)), constant_values=np.nan)
                done.append(sketch)

    def _join(self, track: int, met: int, done: Sequence[Sketch]) -> None:
        """Know that two tracks are one, under the number of the earlier one; on some frames it is known by its own."""
        earlier, later = min(track, met), max(track, met)
        self._aliases[later] = earlier
        for sketch in done:
            sketch.tracks = np.where(sketch.tracks == later, earlier, sketch.tracks)

    def _embed(self, key: _Key, sketch: Sketch) -> None:
        """Have those faces of a key frame embedded and compared that are wanted."""
        if self._comparing is None or sketch.embeddings is None:
            return
        recognizer, gallery = self._comparing.recognizer, self._comparing.gallery
        time, weights = key.frame.time, quality(key.faces)
        wanted = [
            self._attention.wants(track, time, weight)
            for track, weight in zip(key.tracks.tolist(), weights.tolist(), strict=True)
        ]
        rows = np.flatnonzero(wanted)
        if not len(rows):
            return
        with self._timings.stage("embed"):
            chosen = key.faces[rows]
            untracked = np.full(len(rows), -1)  # chosen as it is wanted: none is to be used again
            crops = FaceCrops(
                crop_faces(key.frame, chosen, recognizer), untracked, chosen.boxes, np.full(len(rows), time)
            )
            embeddings = recognizer.embed(crops)
        sketch.embeddings[rows] = embeddings
        sketch.faces = replace(sketch.faces, embedded=np.array(wanted, dtype=bool))
        with self._timings.stage("compare"):
            similar = compared(gallery, embeddings)
            growth = self._looks.growth(key.frame.shot, key.tracks[rows], embeddings, weights[rows])
            for place, row in enumerate(rows):
                one = slice(place, place + 1)
                self._attention.take(int(key.tracks[row]), time, similar[one], weights[row : row + 1], growth[one])


class Carried:
    """Gives the embeddings that faces came with: the step ``Embedding``."""

    def embed(self, batch: Sequence[FrameFaces], tracks: Sequence[Array]) -> list[Array]:  # noqa: ARG002 - the protocol's
        """Return the embeddings of each frame."""
        return [np.zeros((0, 0), np.float32) if seen.embeddings is None else seen.embeddings for seen in batch]


def _at(sketch: Sketch, box: Array) -> int | None:
    """Return the track of the face that is at a box of a frame; None: there is none."""
    overlaps = [intersection_over_union(other, box) for other in sketch.faces.boxes]
    return int(sketch.tracks[int(np.argmax(overlaps))]) if max(overlaps, default=0.0) >= MET else None


def _held_pixels(key: _Key) -> int:
    """Return the pixels of the frames that come with a key frame."""
    return len(key.stretch.frames) * key.frame.width * key.frame.height


def _tracks(sketches: Iterable[Sketch]) -> set[int]:
    """Return the tracks that it matters whether to look at, on some frames."""
    return {int(track) for sketch in sketches if sketch.close for track in sketch.tracks}


def _meshed(faces: Faces) -> Array:
    """Return bool [n]: which faces have landmarks."""
    marks: Any = faces.landmarks478
    if marks is None:
        return np.zeros(len(faces), dtype=bool)
    return np.asarray(np.isfinite(marks[:, 0, 0]))


def _motion(before: _Key, after: _Key) -> float:
    """Return how far the fastest face came from one key frame to the next, in face sizes."""
    moves = [0.0]
    for earlier, later in paired(before.tracks, after.tracks):
        one, other = before.faces.boxes[earlier], after.faces.boxes[later]
        size = max(float((other[2:] - other[:2]).max()), 1.0)
        moves.append(float(np.abs((other[:2] + other[2:] - one[:2] - one[2:]) / 2).max()) / size)
    return max(moves)

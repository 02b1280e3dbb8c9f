"""From frames to rows: detect, link, embed and observe. Pixels do not get beyond this module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from slceleb_core.alignment import align_faces
from slceleb_core.identity import Gallery
from slceleb_core.quality import quality
from slceleb_core.spans import FrameRows
from slceleb_core.stages import Detector, Recognizer, Speaker
from slceleb_core.timing import Timings
from slceleb_core.tracking import Tracker, TrackingConfig
from slceleb_core.types import Array, FaceCrops, Faces, Frame

BATCH_FRAMES = 8
"""Frames that go through the stages together: enough for a recognizer's batch."""

BATCH_PIXELS = 16_000_000
"""Pixels that a batch may hold: two frames of 4K, half a frame of 8K (a batch has at least one frame)."""


class Perception:
    """Runs the perceiving stages over the frames of one video.

    Parameters
    ----------
    detector, speaker
        Open stages.
    recognizer
        An open stage, or None when there is no gallery to compare with.
    gallery
        The persons of interest, or None.
    """

    def __init__(
        self,
        detector: Detector,
        speaker: Speaker,
        recognizer: Recognizer | None,
        gallery: Gallery | None,
        tracking: TrackingConfig,
        timings: Timings,
    ) -> None:
        self._detector = detector
        self._speaker = speaker
        self._recognizer = recognizer
        self._gallery = gallery
        self._tracker = Tracker(tracking)
        self._timings = timings

    def perceive(self, frames: Iterable[Frame]) -> Iterator[FrameRows]:
        """Yield a :class:`FrameRows` for each frame, in order."""
        for batch in batches(frames):
            with self._timings.stage("detect"):
                found = self._detector.detect(batch)
            with self._timings.stage("track"):
                tracks = [self._tracker.link(frame, faces) for frame, faces in zip(batch, found, strict=True)]
            similarities = self._compare(batch, found, tracks)
            for frame, faces, ids, similar in zip(batch, found, tracks, similarities, strict=True):
                with self._timings.stage("observe"):
                    observations = self._speaker.observe(frame, faces)
                slim = Faces(boxes=faces.boxes, scores=faces.scores)
                yield FrameRows(frame.index, frame.time, frame.shot, slim, ids, observations, similar, quality(faces))

    def _compare(self, frames: Sequence[Frame], found: Sequence[Faces], tracks: Sequence[Array]) -> list[Array]:
        """Return, for each frame, float32 [n, persons]."""
        counts = [len(faces) for faces in found]
        if self._gallery is None or self._recognizer is None:
            return [np.zeros((n, 0), dtype=np.float32) for n in counts]
        if not sum(counts):
            return [np.zeros((0, len(self._gallery.names)), dtype=np.float32) for _ in counts]
        with self._timings.stage("embed"):
            crops = FaceCrops(
                images=np.concatenate([crop_faces(f, faces) for f, faces in zip(frames, found, strict=True)]),
                tracks=np.concatenate(tracks),
                boxes=np.concatenate([faces.boxes for faces in found]),
                times=np.repeat([frame.time for frame in frames], counts),
            )
            similarities = self._gallery.similarities(self._recognizer.embed(crops))
        return np.split(similarities, np.cumsum(counts)[:-1])


def crop_faces(frame: Frame, faces: Faces) -> Array:
    """Return uint8 [n, 112, 112, 3]: the frame's faces, aligned for a recognizer."""
    if faces.keypoints5 is None:
        raise ValueError("alignment needs the detector's five keypoints")
    return align_faces(frame.image, faces.keypoints5)


def batches(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    """Yield the frames in batches, bounded by number and by pixels, so that 8K does not cost gigabytes."""
    iterator = iter(frames)
    for first in iterator:
        size = max(1, min(BATCH_FRAMES, BATCH_PIXELS // (first.image.shape[0] * first.image.shape[1])))
        batch = [first]
        for frame in chain(iterator) if size > 1 else ():
            batch.append(frame)
            if len(batch) == size:
                break
        yield batch

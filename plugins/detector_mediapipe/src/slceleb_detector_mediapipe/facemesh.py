"""The mesh network and the one of blendshapes: from windows to points.

As MediaPipe's ``tasks/cc/vision/face_landmarker/face_landmarks_detector_graph.cc``: the network takes in a square that
is turned by the line of the eyes, and gives points in pixels of it and a logit for whether there is a face. Blendshapes
are made of 146 of the points, in pixels of the picture (``face_blendshapes_graph.cc``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np

from slceleb_core.media.windows import to_picture
from slceleb_core.types import BLENDSHAPES, LANDMARKS, Array
from slceleb_detector_mediapipe.networks import Crew, Network
from slceleb_detector_mediapipe.seen import MESH_PIXELS, Meshes

BLENDSHAPE_POINTS = (
    *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80),
    *(81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153),
    *(154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249),
    *(251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314),
    *(317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382),
    *(384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473),
    *(474, 475, 476, 477),
)
"""Points that the network of blendshapes takes in (``face_blendshapes_graph.cc``)."""


class FaceMesh:
    """Looks at faces through windows.

    Parameters
    ----------
    landmarks
        Makes a network of ``face_landmarks_detector.tflite``: float32 [n, 256, 256, 3] in 0..1 to [n, 478 * 3] and
        [n, 1].
    blendshapes
        Makes one of ``face_blendshapes.tflite``: float32 [n, 146, 2] to [n, 52]; None: they are not asked for.
    threads
        Processor threads to spread the work over.
    rows
        How many windows a network is given at once.
    """

    def __init__(
        self, landmarks: Callable[[], Network], blendshapes: Callable[[], Network] | None, threads: int, rows: int
    ) -> None:
        self._rows = rows
        self._landmarks = Crew(landmarks, threads)
        self._blendshapes = None if blendshapes is None else Crew(blendshapes, 1)

    def mesh(self, images: Array, windows: Array) -> Meshes:
        """Return what is seen through windows, uint8 [n, 256, 256, 3], which are squares of pictures, [n, 4]."""
        seen = self._landmarks.map(_run, self._parts(images))
        points, logits = (_joined([part[n] for part in seen]) for n in range(2))
        points = points.reshape(-1, LANDMARKS, 3) / MESH_PIXELS
        return Meshes(points, 1.0 / (1.0 + np.exp(-logits)), self._shapes(points, windows))

    def _shapes(self, points: Array, windows: Array) -> Array:
        if self._blendshapes is None:
            return np.zeros((len(points), 0), dtype=np.float32)
        entry = to_picture(points, windows)[:, BLENDSHAPE_POINTS, :2].astype(np.float32)
        seen = self._blendshapes.map(lambda network, part: network.run(part)[0].reshape(-1), self._parts(entry))
        return _joined(seen).astype(np.float32).reshape(-1, BLENDSHAPES)

    def _parts(self, rows: Array) -> list[Array]:
        return [rows[start : start + self._rows] for start in range(0, len(rows), self._rows)]

    def close(self) -> None:
        """Let go of the networks."""
        self._landmarks.close()
        if self._blendshapes is not None:
            self._blendshapes.close()


def _run(network: Network, images: Array) -> tuple[Array, Array]:
    """Return the points of some windows in pixels, [n * 478 * 3], and their logits, [n]."""
    points, presence, *_ = network.run(np.multiply(images, 1 / 255, dtype=np.float32))
    return points.reshape(-1), presence[:, 0]


def _joined(parts: Sequence[Array]) -> Array:
    """Return what came of all parts, float64; there may be none."""
    return np.concatenate([np.zeros(0), *parts])


def threads_for(asked: int | None) -> int:
    """Return over how many threads work is spread, where a stage is to keep to `asked`; None: as many as it likes."""
    return max((os.cpu_count() or 1) if asked is None else asked, 1)

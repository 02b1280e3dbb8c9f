"""Which way a face looks, from its mesh.

As MediaPipe's ``tasks/cc/vision/face_geometry/libs`` (``geometry_pipeline.cc``, ``procrustes_solver.cc``): the
canonical face is turned, scaled and shifted onto the mesh as a camera would see it (weighted orthogonal Procrustes, D.
Akca 2003), three times, each time with a better guess of how far it is away.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from slceleb_core.types import Array

FIELD_OF_VIEW = 63.0
"""Degrees from the picture's top to its bottom, of MediaPipe's default camera; its near plane is at 1 cm."""

PICTURE = 2.0
"""Side of the picture in which a face is taken to be seen, in face sizes; so a pose does not depend on where it is."""

VERTICES = 468
"""Points of the mesh without irises, which the canonical face does not have."""

_MESH, _BASIS, _VERTICES, _POINT, _WEIGHT = 1, 2, 3, 1, 2
"""Fields of ``GeometryPipelineMetadata``, ``Mesh3d`` and ``WeightedLandmarkRef`` (MediaPipe, face_geometry/proto)."""

_VERTEX = 5
"""Numbers a vertex: place and texture (``VERTEX_PT``)."""


class HeadPose:
    """Tells poses.

    Parameters
    ----------
    geometry
        A ``GeometryPipelineMetadata``, as bytes.

    Raises
    ------
    ValueError
        It is none.
    """

    def __init__(self, geometry: bytes) -> None:
        fields = list(_fields(geometry))
        mesh = next((value for number, value in fields if number == _MESH), None)
        basis = [dict(_fields(value)) for number, value in fields if number == _BASIS and isinstance(value, bytes)]
        if not isinstance(mesh, bytes) or not basis:
            raise ValueError("its canonical face is missing")
        vertices = np.array([value for number, value in _fields(mesh) if number == _VERTICES])
        places = vertices.reshape(-1, _VERTEX)[:, :3]
        self._rows = np.array([entry[_POINT] for entry in basis])
        weights = np.array([entry[_WEIGHT] for entry in basis])
        self._weights = weights / weights.sum()
        self._canonical = places[self._rows] - self._weights @ places[self._rows]
        self._spread = float(self._weights @ (self._canonical**2).sum(axis=1))

    def transforms(self, points: Array) -> Array:
        """Return float64 [n, 3, 3]: how the canonical face is turned and scaled; y up and z towards the camera.

        Each face is taken to stand in the middle of a picture of its own, so that its pose does not depend on where in
        the video's it is.

        Parameters
        ----------
        points
            float64 [n, 478, 3], in any unit, x to the right and y down.
        """
        low, high = points[..., :2].min(axis=1), points[..., :2].max(axis=1)
        sides = np.maximum((high - low).max(axis=1), 1e-9) * PICTURE
        return self.transforms_within(points, (low + high) / 2, sides)

    def transforms_within(self, points: Array, middles: Array, sides: Array) -> Array:
        """Return the same of faces in square pictures with these middles, [n, 2], and sides, [n]."""
        height = 2.0 * np.tan(np.radians(FIELD_OF_VIEW) / 2)
        screen = points[:, :VERTICES] * (height / sides)[:, None, None]
        screen[..., :2] -= (middles * (height / sides)[:, None])[:, None]
        screen[..., 1] *= -1.0
        depth, screen = screen[..., 2].mean(axis=1), screen[:, self._rows]
        first = self._scales(screen * (1.0, 1.0, -1.0))
        second = self._scales(_unprojected(screen, depth, first))
        return self._solved(_unprojected(screen, depth, first * second))

    def _scales(self, targets: Array) -> Array:
        return np.asarray(np.linalg.norm(self._solved(targets)[:, :, 0], axis=1))

    def _solved(self, targets: Array) -> Array:
        """Return [n, 3, 3]: rotation times scale that brings the canonical face onto `targets`, [n, k, 3], best."""
        design = np.matmul((targets * self._weights[:, None]).transpose(0, 2, 1), self._canonical)
        left, _, right = np.linalg.svd(design)
        left[:, :, 2] *= np.sign(np.linalg.det(left) * np.linalg.det(right))[:, None]
        rotations = left @ right
        return np.asarray(rotations * ((rotations * design).sum(axis=(1, 2)) / self._spread)[:, None, None])


def _unprojected(screen: Array, depth: Array, scale: Array) -> Array:
    """Return points on the near plane where they lie in space, if the face is as large as `scale` says."""
    placed: Array = screen.copy()
    placed[..., 2] = (screen[..., 2] - depth[:, None] + 1.0) / scale[:, None]
    placed[..., :2] *= placed[..., 2:]
    placed[..., 2] *= -1.0
    return placed


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield number and value of each field of a protobuf message: whole numbers, single floats, bytes."""
    place = 0
    while place < len(message):
        key, place = _number(message, place)
        if key & 7 == 0:
            value, place = _number(message, place)
            yield key >> 3, value
        elif key & 7 == 5:
            yield key >> 3, struct.unpack_from("<f", message, place)[0]
            place += 4
        elif key & 7 == 2:
            length, place = _number(message, place)
            yield key >> 3, message[place : place + length]
            place += length
        else:
            raise ValueError(f"field {key >> 3} has a wire type that is not expected")


def _number(message: bytes, place: int) -> tuple[int, int]:
    """Return a number of base 128, and the place behind it."""
    value = shift = 0
    while place < len(message):
        value |= (message[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if message[place - 1] < 128:
            return value, place
    raise ValueError("it ends within a number")

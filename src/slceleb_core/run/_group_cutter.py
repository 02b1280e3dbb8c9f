"""Cutting a group: what is heard out of one file, a segment's pictures out of that of the camera that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from slceleb_core.artefacts.cuts import Cutter
from slceleb_core.run._view import CameraFile


class Showing(Protocol):
    """Says which camera shows what."""

    def camera_of(self, start: float, end: float) -> CameraFile:
        """Return the camera that shows a stretch, seconds of the group's clock."""


@dataclass(frozen=True, slots=True)
class CameraCutter:
    """Cuts the video of one camera, with what is heard.

    Attributes
    ----------
    camera
        Which one.
    cutter
        Cuts its file, on its own clock.
    """

    camera: CameraFile
    cutter: Cutter

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write a stretch of the group's clock, as ``Clipper`` does."""
        self.cutter.cut_video(*self._own(start, end), target)

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Write a stretch of the group's clock, as ``Clipper`` does."""
        return self.cutter.copy_video(*self._own(start, end), target)

    def _own(self, start: float, end: float) -> tuple[float, float]:
        return self.camera.clock.inverse().stretch(start, end)


@dataclass(frozen=True, slots=True)
class GroupCutter:
    """Cuts a group for its sinks; a ``Cutter``.

    Attributes
    ----------
    showing
        Says which camera shows what.
    cameras
        By name.
    """

    showing: Showing
    cameras: Mapping[str, CameraCutter]

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write a stretch of what is heard, as ``Clipper`` does."""
        first = next(iter(self.cameras.values()))  # its clock is that of the group
        first.cutter.cut_audio(start, end, target)

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write a stretch as it is shown best, as ``Clipper`` does."""
        self._showing(start, end).cut_video(start, end, target)

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Write a stretch as it is shown best, as ``Clipper`` does."""
        return self._showing(start, end).copy_video(start, end, target)

    def halt(self) -> None:
        """Break off what is being cut, and cut nothing any more."""
        for camera in self.cameras.values():
            camera.cutter.halt()

    def _showing(self, start: float, end: float) -> CameraCutter:
        return self.cameras[self.showing.camera_of(start, end).name]

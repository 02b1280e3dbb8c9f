"""A clipper that needs no video: what a sink gets in tests."""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from slceleb_core.testing.builders import audio
from slceleb_core.testing.pictures import Person, write_video
from slceleb_core.types import SAMPLE_RATE


@cache
def _tiny_video() -> bytes:
    """Return an MP4 of 0.2 s."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_video(Path(folder) / "tiny.mp4", [Person()], audio=audio(0.2), duration=0.2, size=(64, 48))
        return path.read_bytes()


class FakeClipper:
    """Writes real files of the right kind without a source: a soft tone as WAV, always the same picture as MP4.

    Attributes
    ----------
    cuts
        Every file asked for.
    """

    def __init__(self) -> None:
        self.cuts: list[Path] = []

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write a WAV of `end` - `start` seconds, 16 kHz, mono, 16 bit."""
        self.cuts.append(target)
        times = np.arange(round((end - start) * SAMPLE_RATE)) / SAMPLE_RATE
        with wave.open(str(target), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes((1000 * np.sin(2 * np.pi * 440 * times)).astype("<i2").tobytes())

    def cut_video(self, start: float, end: float, target: Path) -> None:  # noqa: ARG002 - the protocol's signature
        """Write a tiny MP4, whatever the times."""
        self.cuts.append(target)
        target.write_bytes(_tiny_video())

    def copy_video(self, start: float, end: float, target: Path) -> bool:  # noqa: ARG002 - as above
        """Write nothing: no stretch can be copied."""
        return False

    def queue(self, work: Callable[[], None]) -> None:
        """Do `work`, at once."""
        work()


class FailingClipper(FakeClipper):
    """Fails as on a full disk.

    Parameters
    ----------
    error
        What every cut raises.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def cut_audio(self, start: float, end: float, target: Path) -> None:  # noqa: ARG002 - as above
        """Raise the error."""
        self.cuts.append(target)
        raise self.error

    def cut_video(self, start: float, end: float, target: Path) -> None:  # noqa: ARG002 - as above
        """Raise the error."""
        self.cuts.append(target)
        raise self.error

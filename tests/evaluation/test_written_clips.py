"""Composed clips as files."""

import numpy as np
import pytest

from slceleb_core.evaluation.compose.writing import LOSSLESS, lossy, write_clip
from slceleb_core.media.video import VideoReader


@pytest.mark.parametrize("form", [LOSSLESS, lossy()], ids=["lossless", "lossy"])
def test_of_pictures_that_fall_on_one_tick_the_last_is_written(tmp_path, form):
    """As a file has them that was joined without mending its time stamps, and a clip composed of it."""
    times = [0.0, 0.04, 0.04 + 1 / 200_000, 0.08]
    images = [np.full((48, 64, 3), grey, np.uint8) for grey in (20, 80, 140, 200)]
    path = tmp_path / f"clip{form.suffix}"
    assert write_clip(path, zip(times, images, strict=True), np.zeros(2000, np.float32), form) == 3
    with VideoReader(path) as reader:
        read = [(frame.time, np.median(frame.image)) for frame in reader.frames()]
    assert [time for time, _ in read] == pytest.approx([0.0, 0.04, 0.08], abs=1e-3)
    assert [grey for _, grey in read] == pytest.approx([20, 140, 200], abs=4)

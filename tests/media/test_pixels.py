"""Pixels are made of a decoded picture when they are asked for, and are the same whatever is asked for."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.media.pixels import PicturePixels
from slceleb_core.media.video import VideoReader
from slceleb_core.types import Frame

FORMATS = {
    "yuv420p": "ffv1",
    "yuvj420p": "mjpeg",
    "yuv422p": "ffv1",
    "yuvj422p": "mjpeg",
    "yuv444p": "ffv1",
    "yuv420p10le": "ffv1",
    "gray": "ffv1",
    "nv12": "rawvideo",
    "bgr0": "ffv1",
}
"""And the codec that keeps them, in sizes that are odd."""

EVEN = [(150, 94), (149, 94), (322, 200)]
SIZES = [*EVEN, (150, 93)]


def smooth(index, width, height):
    """Return a picture in which neither brightness nor colours jump."""
    across, down = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    return np.stack([60 + 120 * across, 200 - 120 * down, 60 + 80 * across * down], axis=-1).astype(np.uint8)


def colourful(index, width, height):
    """No two rows, columns or pictures are alike, and colours change from pixel to pixel."""
    noise = np.random.default_rng(index).integers(0, 256, (height, width, 3), dtype=np.uint8)
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    noise[: height // 2] = ramp[None, :, None]
    return noise


def rectangles(width, height, count=40):
    draw = np.random.default_rng(width * height)
    for _ in range(count):
        x0, x1 = sorted(draw.integers(-5, width + 5, 2))
        y0, y1 = sorted(draw.integers(-5, height + 5, 2))
        yield int(x0), int(y0), int(x1), int(y1)
    yield from [(0, 0, width, height), (width - 1, height - 1, width, height), (3, 3, 3, 9), (-9, -9, -1, -1)]
    yield from [(width + 3, 0, width + 9, height), (0, 0, 1, 1)]


def clipped(image, x0, y0, x1, y1):
    return image[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]


def demand_parts_as_the_whole(path):
    with VideoReader(path) as parts, VideoReader(path) as wholes:
        for part, whole in zip(parts.frames(2), wholes.frames(2), strict=True):
            for corners in rectangles(whole.width, whole.height):
                found = part.part(*corners)
                np.testing.assert_array_equal(found, clipped(whole.image, *corners), str(corners))
                assert not found.flags.writeable


@pytest.mark.parametrize(("pix_fmt", "size"), list(itertools.product(FORMATS, SIZES)))
def test_a_part_is_the_same_pixels_as_of_the_whole(make, tmp_path, pix_fmt, size):
    path = make.write(
        tmp_path / "v.mkv", [0, 0.04], size, codec=FORMATS[pix_fmt], options={}, pix_fmt=pix_fmt, paint=colourful
    )
    demand_parts_as_the_whole(path)


@pytest.mark.parametrize("codec_options", [{"x264-params": "tff=1"}, {"x264-params": "chromaloc=2"}])
def test_so_it_is_of_fields_and_wherever_colours_lie(make, tmp_path, codec_options):
    path = make.write(tmp_path / "v.mkv", [0, 0.04], (150, 96), options=codec_options, paint=colourful)
    demand_parts_as_the_whole(path)


@pytest.mark.parametrize(("matrix", "range_"), list(itertools.product(["bt709", "bt470bg", "bt2020nc"], ["tv", "pc"])))
def test_so_it_is_whatever_the_colours_mean(make, tmp_path, matrix, range_):
    options = {"x264-params": f"colormatrix={matrix}:fullrange={'on' if range_ == 'pc' else 'off'}"}
    path = make.write(tmp_path / "v.mp4", [0, 0.04], (150, 94), options=options, paint=colourful)
    demand_parts_as_the_whole(path)


@pytest.mark.parametrize(
    "matrix",
    [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)],
)
def test_so_it_is_of_a_picture_that_is_turned_or_mirrored(make, tmp_path, matrix):
    path = make.set_matrix(make.write(tmp_path / "v.mp4", [0, 0.04], (150, 94), paint=colourful), *matrix)
    demand_parts_as_the_whole(path)


def test_so_it_is_of_a_picture_that_is_scaled(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", [0, 0.04], (144, 96), options={"x264-params": "sar=16/11"}, paint=colourful)
    with VideoReader(path) as reader:
        assert reader.info.width > 144
    demand_parts_as_the_whole(path)


@pytest.fixture
def frame(make, tmp_path):
    with VideoReader(make.write(tmp_path / "v.mp4", [0, 0.04], (322, 200), paint=colourful)) as reader:
        return next(reader.frames(1))


def test_what_is_not_asked_for_is_not_made(frame, monkeypatch):
    monkeypatch.setattr(PicturePixels, "whole", None)
    assert (frame.width, frame.height) == (322, 200)
    assert frame.part(10, 10, 90, 70).shape == (60, 80, 3)
    assert frame.small(64, 36).shape == (36, 64, 3)
    later = replace(frame, shot=3)
    assert (later.index, later.time, later.shot) == (frame.index, frame.time, 3)


def test_an_image_is_made_once_and_shared_by_a_frame_with_another_shot(frame):
    later = replace(frame, shot=1)
    assert later.image is frame.image
    assert not frame.image.flags.writeable
    assert frame.part(0, 0, 9, 9).base is not None


@pytest.mark.parametrize("matrix", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, 1)])
@pytest.mark.parametrize("size", [(64, 36), (161, 100)])
def test_a_small_picture_shows_what_the_large_one_does(make, tmp_path, size, matrix):
    def halves(index, width, height):
        image = np.full((height, width, 3), 40, np.uint8)
        image[:, : width // 2] = (200, 60, 60)
        image[: height // 2] //= 2
        return image

    path = make.set_matrix(make.write(tmp_path / "v.mp4", [0, 0.04], (322, 200), paint=halves), *matrix)
    with VideoReader(path) as reader:
        shown = next(reader.frames(1))
    small, of_array = shown.small(*size), Frame(0, 0.0, shown.image).small(*size)
    assert small.shape == (size[1], size[0], 3)
    assert not small.flags.writeable
    assert not of_array.flags.writeable
    assert np.abs(small.astype(int) - of_array).mean() < 3
    np.testing.assert_array_equal(small, shown.small(*size))


@pytest.mark.parametrize(("pix_fmt", "size"), list(itertools.product(["yuv420p", "yuvj420p", "yuv422p"], EVEN)))
def test_a_much_smaller_picture_is_like_that_of_the_image(make, tmp_path, pix_fmt, size):
    codec = FORMATS[pix_fmt]
    path = make.write(tmp_path / "v.mkv", [0], size, codec=codec, options={}, pix_fmt=pix_fmt, paint=smooth)
    with VideoReader(path) as reader:
        shown = next(reader.frames(1))
    for small in [(16, 8), (6, 4), (18, 10)]:
        apart = np.abs(shown.small(*small).astype(int) - Frame(0, 0.0, shown.image).small(*small))
        assert apart.max() < 120 / min(small)  # as colours of two pixels lie together: less than a step of the ramp


@pytest.mark.parametrize("matrix", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, 1), (0, -1, -1, 0)])
@pytest.mark.parametrize(("pix_fmt", "size"), list(itertools.product(["yuvj420p", "yuvj422p"], EVEN)))
def test_a_rectangle_made_smaller_is_like_that_of_the_image(make, tmp_path, pix_fmt, size, matrix):
    path = make.write(tmp_path / "v.mov", [0, 0.04], size, codec="mjpeg", options={}, pix_fmt=pix_fmt, paint=smooth)
    with VideoReader(make.set_matrix(path, *matrix)) as reader:
        shown = next(reader.frames(1))
    image = Frame(0, 0.0, shown.image).pixels
    with VideoReader(path) as reader:  # its image has not been made
        pixels = next(reader.frames(1)).pixels
    width, height = pixels.size
    for x0, y0, across, down, step in [(0, 0, 8, 6, 2), (2, 4, 6, 8, 3), (4, 2, 4, 4, 4), (0, 0, 40, 30, 2)]:
        corners = (x0, y0, min(x0 + across * step, width), min(y0 + down * step, height))
        reduced = pixels.reduced(*corners, (across, down))
        assert reduced.shape == (down, across, 3)
        assert not reduced.flags.writeable
        assert np.abs(reduced.astype(int) - image.reduced(*corners, (across, down))).max() < 8
        np.testing.assert_array_equal(shown.pixels.reduced(*corners, (across, down)), reduced)  # its image is at hand


def test_a_small_picture_can_be_made_of_one_in_8k(make, tmp_path):
    path = make.write(tmp_path / "v.mkv", [0], (7680, 4320), codec="mjpeg", options={}, pix_fmt="yuvj420p")
    with VideoReader(path) as reader:
        small = next(reader.frames(1)).small(64, 36)
    assert np.abs(small[20:].astype(int) - make.shade(0)).max() < 8


def test_a_frame_needs_something_to_show():
    with pytest.raises(TypeError, match="an image, or pixels"):
        Frame(0, 0.0)


def test_a_frame_made_from_an_image_gives_it_and_its_parts():
    image = colourful(0, 60, 40)
    made = Frame(3, 0.5, image, 2)
    np.testing.assert_array_equal(made.image, image)
    np.testing.assert_array_equal(made.part(-3, 4, 500, 9), image[4:9])
    np.testing.assert_array_equal(replace(made, image=image[:, ::-1]).image, image[:, ::-1])
    assert made.part(70, 0, 90, 9).size == 0

"""What is shown of a picture: square pixels, upright, the true colours, whatever changes on the way."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from slceleb_core.media import MediaClipper, VideoReader
from slceleb_core.media.display import MOST_PIXELS, Shape, believed, placed_on, squared
from slceleb_core.media.orientation import Orientation

STEADY = [i / 25 for i in range(50)]


def read(path):
    with VideoReader(path) as reader:
        return reader.info, list(reader.frames()), reader.warnings


def cut(path, start, end):
    target = path.with_name("cut.mp4")
    MediaClipper(path, None).cut_video(start, end, target)
    return read(target)


def encode(path, pieces, codec="libx264", options=None):
    """Write pictures one after the other: [(rgb pictures, what to set on the encoder)], one encoder for each piece."""
    packets, count = [], 0
    with av.open(str(path), "w") as container:
        stream = None
        for images, facts in pieces:
            facts = dict(facts)
            encoder = av.CodecContext.create(codec, "w")
            encoder.height, encoder.width = images[0].shape[:2]
            encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
            encoder.pix_fmt = facts.pop("pix_fmt", "yuv420p")
            encoder.options = options or {"crf": "8", "g": "10", "bf": "0"}
            colours = {"dst_colorspace": facts.pop("matrix", None), "dst_color_range": facts.pop("range", None)}
            for name, value in facts.items():
                setattr(encoder, name, value)
            if stream is None:
                stream = container.add_stream(codec, rate=25)
                stream.height, stream.width, stream.pix_fmt = encoder.height, encoder.width, encoder.pix_fmt
                if encoder.sample_aspect_ratio:
                    stream.codec_context.sample_aspect_ratio = encoder.sample_aspect_ratio
            frames = [av.VideoFrame.from_ndarray(image, format="rgb24") for image in images]
            for frame in [*frames, None]:
                if frame is not None:
                    frame = frame.reformat(format=encoder.pix_fmt, **colours)
                    frame.pts, frame.time_base = count, Fraction(1, 25)
                    count += 1
                packets += encoder.encode(frame)
        for packet in packets:
            packet.stream = stream
            container.mux(packet)
    return path


def colourful(width, height):
    """Four fields of colours that a wrong matrix, range or depth would change."""
    image = np.zeros((height, width, 3), np.uint8)
    half = height // 2, width // 2
    image[: half[0], : half[1]], image[: half[0], half[1] :] = (200, 40, 40), (40, 180, 40)
    image[half[0] :, : half[1]], image[half[0] :, half[1] :] = (40, 40, 200), (220, 220, 220)
    return image


def fields(image):
    """The colour in the middle of each field."""
    height, width = image.shape[:2]
    return [
        image[row, column].astype(int).tolist()
        for row in (height // 4, -height // 4)
        for column in (width // 4, -width // 4)
    ]


def assert_true_colours(frames, count):
    wanted = fields(colourful(64, 48))
    assert count - 1 <= len(frames) <= count  # libav's MPEG-2 decoder lets go of one picture at such a change
    for frame in frames:
        assert np.abs(np.array(fields(frame.image)) - wanted).max() <= 12, frame.index


CHANGES = {
    "8 to 10 bit": ("libx264", {}, {"pix_fmt": "yuv420p10le"}),
    "10 to 8 bit": ("libx264", {"pix_fmt": "yuv420p10le"}, {}),
    "4:2:0 to 4:2:2": ("libx264", {}, {"pix_fmt": "yuv422p"}),
    "4:2:0 to 4:4:4": ("libx264", {}, {"pix_fmt": "yuv444p"}),
    "mpeg2 4:2:0 to 4:2:2": ("mpeg2video", {}, {"pix_fmt": "yuv422p"}),
    "limited to full range": ("libx264", {"color_range": 1, "range": 1}, {"color_range": 2, "range": 2}),
    "bt601 to bt709": (
        "libx264",
        {"colorspace": 6, "matrix": "ITU601", "color_range": 1},
        {"colorspace": 1, "matrix": "ITU709", "color_range": 1},
    ),
}


@pytest.mark.parametrize(("codec", "before", "after"), CHANGES.values(), ids=CHANGES)
def test_pictures_keep_their_colours_when_the_stream_changes(tmp_path, codec, before, after):
    images = [colourful(64, 48)] * 15
    options = {"qscale": "2", "g": "5"} if codec == "mpeg2video" else None
    path = encode(tmp_path / "v.ts", [(images, before), (images, after)], codec, options)
    _, frames, _ = read(path)
    begin = frames[0].time
    assert_true_colours(frames, 30)
    assert_true_colours(cut(path, begin + 0.2, begin + 1.0)[1], 20)


@pytest.mark.parametrize("sizes", [((64, 48), (128, 96)), ((128, 96), (64, 48)), ((64, 48), (96, 72))])
def test_a_size_that_changes_on_the_way_does_not_change_the_clip(tmp_path, sizes):
    path = encode(tmp_path / "v.ts", [([colourful(*size)] * 15, {}) for size in sizes])
    info, frames, _ = read(path)
    assert (info.width, info.height) == sizes[0]
    assert_true_colours(frames, 30)
    for start in (0.2, 0.8):  # before the change, and behind it
        clip, shown, _ = cut(path, frames[0].time + start, frames[0].time + 1.0)
        assert (clip.width, clip.height) == sizes[0]
        assert_true_colours(shown, round(25 * (1.0 - start)))


@pytest.mark.parametrize(
    ("size", "aspect", "shown"),
    [
        ((352, 576), Fraction(24, 11), (768, 576)),
        ((720, 576), Fraction(16, 11), (1048, 576)),
        ((720, 480), Fraction(8, 9), (720, 540)),
        ((1440, 1080), Fraction(4, 3), (1920, 1080)),
        ((1919, 1080), Fraction(1920, 1919), (1919, 1080)),
        ((640, 360), Fraction(1000), (640, 360)),
        ((640, 360), Fraction(-4, 3), (640, 360)),
        ((640, 360), None, (640, 360)),
        ((1, 1), Fraction(2), (2, 1)),
        ((7680, 4320), Fraction(4, 3), (8868, 3742)),
    ],
)
def test_pixels_become_square(size, aspect, shown):
    assert squared(*size, believed(aspect)) == shown


@pytest.mark.parametrize("aspect", [Fraction(1, 4), Fraction(1, 2), Fraction(5, 4), Fraction(4)])
def test_a_picture_in_2160p_does_not_grow(aspect):
    width, height = squared(3840, 2160, aspect)
    assert width * height <= MOST_PIXELS * 1.001
    assert width / height == pytest.approx(float(aspect) * 16 / 9, rel=2e-3)


def circle(width, height, aspect=1.0):
    """A white disc on grey that is round where pixels have this aspect."""
    y, x = np.mgrid[:height, :width]
    inside = np.hypot((x - width / 2 + 0.5) * aspect, y - height / 2 + 0.5) < 0.4 * min(width * aspect, height)
    return np.where(inside[..., None], 235, 60).astype(np.uint8).repeat(3, axis=2)


def assert_round(image):
    disc = image[..., 0] > 150
    wide, high = np.ptp(np.flatnonzero(disc.any(axis=0))), np.ptp(np.flatnonzero(disc.any(axis=1)))
    assert disc.sum() > 500
    assert wide / high == pytest.approx(1, abs=0.05)


WIDE, TALL = ((176, 288), Fraction(24, 11)), ((360, 144), Fraction(1, 2))


@pytest.mark.parametrize(
    ("name", "codec", "size", "aspect"),
    [
        *((f"v.{suffix}", "libx264", *shape) for suffix in ("mp4", "mkv", "mov", "ts") for shape in (WIDE, TALL)),
        # MPEG-2 states the shape of the whole picture, of which there are three.
        ("v.mpg", "mpeg2video", (176, 288), Fraction(4, 3) / Fraction(176, 288)),
    ],
)
def test_boxes_and_clips_have_the_true_shape(tmp_path, name, codec, size, aspect):
    images = [circle(*size, float(aspect))] * 9
    images.append(255 - images[0])  # one that moves
    path = encode(tmp_path / name, [(images, {"sample_aspect_ratio": aspect})], codec, {"g": "5"})
    info, frames, warnings = read(path)
    assert (info.width, info.height) == squared(*size, aspect)
    assert frames[0].image.shape[:2] == (info.height, info.width)
    assert_round(frames[0].image)
    clip, shown, _ = cut(path, frames[0].time, frames[0].time + 0.2)
    assert (clip.width, clip.height) == (info.width, info.height)
    assert_round(shown[0].image)
    with av.open(str(path.with_name("cut.mp4"))) as container:
        assert container.streams.video[0].sample_aspect_ratio in (None, 1)
    assert warnings == []


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, -1)])
@pytest.mark.parametrize("size", [(176, 288), (87, 143)])
def test_rotation_and_aspect_go_together(make, tmp_path, matrix, size):
    aspect = Fraction(24, 11)
    pieces = [([circle(*size, float(aspect))] * 5, {"sample_aspect_ratio": aspect, "pix_fmt": "yuv444p"})]
    path = make.set_matrix(encode(tmp_path / "v.mp4", pieces), *matrix)
    info, frames, _ = read(path)
    wide = squared(*size, aspect)
    assert (info.width, info.height) == (wide if matrix[0] else wide[::-1])
    assert_round(frames[0].image)
    clip, shown, _ = cut(path, 0.0, 0.2)
    assert (clip.width, clip.height) == tuple(side + side % 2 for side in (info.width, info.height))
    assert_round(shown[0].image)


def test_the_container_knows_better_than_the_codec(tmp_path):
    path = encode(tmp_path / "v.mp4", [([circle(176, 144, 2.0)] * 5, {"sample_aspect_ratio": Fraction(2)})])
    content = bytearray(path.read_bytes())
    at = content.index(b"pasp") + 4
    content[at : at + 8] = (1).to_bytes(4, "big") + (1).to_bytes(4, "big")
    path.write_bytes(content)
    info, _, _ = read(path)
    assert (info.width, info.height) == (176, 144)


def test_a_shape_that_changes_on_the_way_stays_true_and_is_told(tmp_path):
    """As broadcasts do between a film and what comes before it: one size, two aspects."""
    pieces = [
        ([circle(176, 144, aspect)] * 15, {"sample_aspect_ratio": Fraction(aspect).limit_denominator(50)})
        for aspect in (12 / 11, 16 / 11)
    ]
    path = encode(tmp_path / "v.ts", pieces)
    info, frames, warnings = read(path)
    assert {frame.image.shape[:2] for frame in frames} == {(info.height, info.width)}
    for frame in frames:
        assert_round(frame.image)
    (line,) = warnings
    assert "the picture's size changes from 192x144 to 256x144 at " in line
    begin = frames[0].time
    for frame in cut(path, begin + 0.3, begin + 1.1)[1]:
        assert_round(frame.image)
    assert_round(cut(path, begin + 0.8, begin + 1.1)[1][0].image)


def test_what_fits_only_in_part_lies_in_the_middle():
    placement = placed_on((640, 480), Shape(1280, 720))
    assert (placement.width, placement.height, placement.left, placement.top) == (640, 360, 0, 60)
    image = placement.apply(np.full((360, 640, 3), 9, np.uint8))
    assert (image.shape, int(image[59].max()), int(image[60].min())) == ((480, 640, 3), 0, 9)
    turned = placed_on((640, 480), Shape(1280, 720, Orientation(transposed=True)))
    assert (turned.width, turned.height, turned.left) == (480, 270, 184)


def test_hardly_another_shape_fills_the_canvas():
    assert placed_on((640, 360), Shape(854, 480)).fills
    assert placed_on((854, 480), Shape(640, 360)).fills

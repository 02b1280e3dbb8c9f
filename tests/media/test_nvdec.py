"""Decoding on a card: here libav decodes what a card would, and hands it over as a card does."""

from __future__ import annotations

import av
import numpy as np
import pytest

from slceleb_core.media import nvdec, video
from slceleb_core.media.container import StreamDecoder
from slceleb_core.media.video import VideoReader
from slceleb_core.types import TimeRange

TIMES = [n / 25 for n in range(40)]
WARNING = nvdec.ON_CARD


def colourful(index, width, height):
    blocks = np.random.default_rng(index).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((8, 8, 1), np.uint8))[:height, :width]


@pytest.fixture
def card(monkeypatch):
    """Give the machine a card; what is set on it goes wrong."""

    class Card:
        opened = 0
        fails_at = spoils_at = None

    opened, real = [], av.open

    def open_it(*args, hwaccel=None, **options):
        container = real(*args, **options)
        if hwaccel is not None:
            assert hwaccel == "the card"
            Card.opened += 1
            opened.append(container)
        return container

    class Decoder(StreamDecoder):
        def frames(self):
            on_card = self.container in opened
            for number, frame in enumerate(super().frames()):
                if on_card and number == Card.fails_at:
                    self.skipped += 1
                    continue
                if on_card and number == Card.spoils_at:
                    yield av.VideoFrame(frame.width, frame.height, "nv12")
                    continue
                yield frame.reformat(format="nv12") if on_card else frame

    monkeypatch.setattr(nvdec, "accelerator", lambda: "the card")
    monkeypatch.setattr(av, "open", open_it)
    monkeypatch.setattr(video, "StreamDecoder", Decoder)
    return Card


def seen(path, decoder, part=None):
    """Return what is seen of a video, and what is said of it."""
    with VideoReader(path, part or TimeRange(), decoder) as reader:
        frames = [(frame.index, frame.time, frame.image, frame.part(3, 5, 40, 30)) for frame in reader.frames()]
        return frames, reader.warnings, reader.info


def demand_alike(path, card, warning=WARNING, part=None):
    frames, warnings, info = seen(path, "libav", part)
    assert card.opened == 0
    found, said, described = seen(path, "nvdec", part)
    assert card.opened == 1
    assert described == info
    assert [frame[:2] for frame in found] == [frame[:2] for frame in frames]
    for ours, theirs in zip(found, frames, strict=True):
        np.testing.assert_array_equal(ours[2], theirs[2])
        np.testing.assert_array_equal(ours[3], theirs[3])
    assert said == [warning, *warnings]


@pytest.mark.parametrize(
    "options",
    [
        {"options": {"crf": "20", "g": "10"}},
        {"pix_fmt": "yuvj420p"},
        {"options": {"flags": "+ildct+ilme"}},
        {"codec": "libx265"},
    ],
    ids=["b-frames", "full range", "interlaced", "hevc"],
)
def test_pictures_are_the_same_to_the_bit(make, tmp_path, card, options):
    demand_alike(make.write(tmp_path / "a.mp4", TIMES, (96, 64), paint=colourful, **options), card)


def test_times_turning_and_a_part_are_as_ever(make, tmp_path, card):
    path = make.write(tmp_path / "a.mp4", [0.5, 0.6, 0.61, 1.5, *[2 + n / 10 for n in range(30)]], paint=colourful)
    make.set_matrix(path, 0, 1, -1, 0)
    demand_alike(path, card, part=TimeRange(2.35, 4.0))


def test_what_a_card_cannot_decode_is_decoded_without_it(make, tmp_path, card):
    deep = make.write(tmp_path / "deep.mkv", TIMES, codec="ffv1", options={})
    other = make.write(tmp_path / "other.mp4", TIMES, pix_fmt="yuv422p")
    assert seen(deep, "nvdec")[1] == ["decoded without NVDEC: the codec is ffv1"]
    assert seen(other, "nvdec")[1] == ["decoded without NVDEC: the pictures are yuv422p"]
    assert card.opened == 0


@pytest.mark.parametrize("number", [0, 1, 20, len(TIMES) - 1])
def test_at_the_first_sign_of_damage_the_file_is_read_without_the_card(make, tmp_path, card, number):
    card.fails_at = number
    path = make.write(tmp_path / "a.mp4", TIMES, paint=colourful)
    frames, _, _ = seen(path, "libav")
    found, said, _ = seen(path, "nvdec")
    assert [frame[:2] for frame in found] == [frame[:2] for frame in frames]
    assert all(np.array_equal(ours[2], theirs[2]) for ours, theirs in zip(found, frames, strict=True))
    assert len(said) == 1
    assert said[0].startswith("decoded without NVDEC: the file is damaged")


def test_a_damaged_file_gives_what_it_gives_without_a_card(make, tmp_path, card):
    path = make.write(tmp_path / "a.mp4", TIMES, (96, 64), paint=colourful)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 600] = bytes(600)
    path.write_bytes(content)
    frames, warnings, _ = seen(path, "libav")
    found, said, _ = seen(path, "nvdec")
    assert warnings
    assert [line for line in said if "NVDEC" not in line] == warnings
    assert "decoded without NVDEC" in said[0]
    assert all(np.array_equal(ours[2], theirs[2]) for ours, theirs in zip(found, frames, strict=True))


def test_a_card_whose_first_picture_is_another_is_not_believed(make, tmp_path, card):
    card.spoils_at = 0
    path = make.write(tmp_path / "a.mp4", TIMES, paint=colourful)
    frames, _, _ = seen(path, "libav")
    found, said, _ = seen(path, "nvdec")
    assert said == ["decoded without NVDEC: its first picture is another there"]
    assert all(np.array_equal(ours[2], theirs[2]) for ours, theirs in zip(found, frames, strict=True))


def test_a_machine_without_a_card_goes_on_and_says_so(make, tmp_path):
    path = make.write(tmp_path / "a.mp4", TIMES)
    found, said, _ = seen(path, "nvdec")
    if said == [WARNING]:
        pytest.skip("this machine has a card")
    assert len(found) == len(TIMES)
    assert said[0].startswith("decoded without NVDEC: no card can be used: ")


def test_a_pyav_without_it_goes_on_and_says_so(make, tmp_path, monkeypatch):
    def too_old():
        raise ImportError("no HWAccel")

    monkeypatch.setattr(nvdec, "accelerator", too_old)
    _, said, _ = seen(make.write(tmp_path / "a.mp4", TIMES), "nvdec")
    assert said == [f"decoded without NVDEC: PyAV {av.__version__} cannot ask for it: no HWAccel"]


def test_nobody_is_asked_for_a_card_unless_it_is_set(make, tmp_path, card):
    seen(make.write(tmp_path / "a.mp4", TIMES), "libav")
    assert card.opened == 0

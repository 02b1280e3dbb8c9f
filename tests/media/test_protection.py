"""Files that cannot be read for what they are, not for damage: each is named as such."""

from __future__ import annotations

import av
import numpy as np
import pytest

from slceleb_core.errors import VideoError
from slceleb_core.media import VideoReader
from slceleb_core.media.protection import ASF_ENCRYPTION, encrypted_streams

STEADY = [i / 25 for i in range(50)]
TS_PACKET = 188


def read(path):
    with VideoReader(path) as reader:
        return list(reader.frames()), reader.warnings


def encrypt_mp4(path, old, new):
    """Give the samples of a track another kind, in place."""
    content = path.read_bytes()
    at = content.index(old, content.index(b"stsd"))
    path.write_bytes(content[:at] + new + content[at + 4 :])
    return path


def scramble(path, pids):
    """Mark packets of a transport stream as scrambled, and make what they hold unreadable."""
    content = bytearray(path.read_bytes())
    for at in range(0, len(content), TS_PACKET):
        if ((content[at + 1] & 0x1F) << 8 | content[at + 2]) in pids:
            payload = at + 4 + (content[at + 4] + 1 if content[at + 3] & 0x20 else 0)
            content[at + 3] |= 0x80
            content[payload : at + TS_PACKET] = bytes(b ^ 0x5A for b in content[payload : at + TS_PACKET])
    path.write_bytes(content)
    return path


def element(name, content):
    return bytes.fromhex(name) + (0x01 << 56 | len(content)).to_bytes(8, "big") + content


def encrypted_matroska(path, track_type):
    """The head of a Matroska file whose second track, of that type, is encrypted."""
    locked = element("6D80", element("6240", element("5033", b"\x01") + element("5035", element("47E1", b"\x05"))))
    packed = element("6D80", element("6240", element("5034", element("4254", b"\x00"))))
    tracks = element("AE", element("83", b"\x01") + packed) + element("AE", element("83", track_type) + locked)
    path.write_bytes(element("1A45DFA3", b"") + element("18538067", element("1654AE6B", tracks)))
    return path


def with_sound(make, path):
    return make.write(path, STEADY, sound=make.Sound([(0.0, make.noise(32_000))], codec="aac"))


@pytest.mark.parametrize("kind", [b"encv", b"drmi"])
def test_encrypted_pictures_in_mp4_are_refused_as_such(make, tmp_path, kind):
    path = encrypt_mp4(with_sound(make, tmp_path / "v.mp4"), b"avc1", kind)
    with pytest.raises(VideoError, match="its pictures are encrypted") as caught:
        VideoReader(path)
    assert "copy protection" in caught.value.hint


@pytest.mark.parametrize("kind", [b"enca", b"drms"])
def test_encrypted_sound_in_mp4_is_told_and_not_listened_to(make, tmp_path, kind):
    path = encrypt_mp4(with_sound(make, tmp_path / "v.mp4"), b"mp4a", kind)
    with VideoReader(path) as reader:
        assert len(list(reader.frames())) == 50
        assert not reader.info.has_audio
        assert any("the sound is encrypted" in line for line in reader.warnings)


def test_a_scrambled_broadcast_is_refused_as_such(make, tmp_path):
    path = with_sound(make, tmp_path / "v.ts")
    with av.open(str(path)) as container:
        pids = {stream.id for stream in container.streams}
    with pytest.raises(VideoError, match="its pictures are encrypted"):
        VideoReader(scramble(path, pids))


def test_scrambled_sound_beside_clear_pictures_is_told(make, tmp_path):
    path = with_sound(make, tmp_path / "v.ts")
    with av.open(str(path)) as container:
        pids = {stream.id for stream in container.streams.audio}
    frames, warnings = read(scramble(path, pids))
    assert len(frames) == 50
    assert any("the sound is encrypted" in line for line in warnings)


class Opened:
    """What is asked of an open container."""

    def __init__(self, path, kind, count):
        self.name = f"file:{path}"
        self.format = type("Format", (), {"name": kind})
        self.streams = [type("Stream", (), {"index": i, "id": 0}) for i in range(count)]


def test_encrypted_tracks_of_matroska_are_known_and_compressed_ones_are_not_taken_for_them(tmp_path):
    path = encrypted_matroska(tmp_path / "v.mkv", b"\x02")
    assert encrypted_streams(Opened(path, "matroska,webm", 2)) == {1}
    other = encrypted_matroska(tmp_path / "w.mkv", b"\x20")  # of a type that libav makes no stream of
    assert encrypted_streams(Opened(other, "matroska,webm", 1)) == set()


def test_encrypted_asf_is_known(tmp_path):
    path = tmp_path / "v.wmv"
    path.write_bytes(bytes(99) + ASF_ENCRYPTION[0] + bytes(99))
    assert encrypted_streams(Opened(path, "asf", 2)) == {0, 1}


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts"])
def test_whatever_stands_in_a_damaged_head_is_no_traceback(make, tmp_path, kind):
    content = with_sound(make, tmp_path / f"v.{kind}").read_bytes()
    rng = np.random.default_rng(5)
    for number in range(40):
        broken = bytearray(content[: rng.integers(1, len(content))])
        for at in rng.integers(0, min(len(broken), 4000), 20):
            broken[at] = int(rng.integers(256))
        path = tmp_path / f"{number}.{kind}"
        path.write_bytes(broken)
        form = {"mp4": "mov,mp4", "mkv": "matroska,webm", "ts": "mpegts"}[kind]
        assert encrypted_streams(Opened(path, form, 2)) <= {0, 1}


def test_a_codec_that_nothing_decodes_is_named_as_such(make, tmp_path):
    with pytest.raises(VideoError, match="no decoder for its video stream"):
        VideoReader(encrypt_mp4(make.write(tmp_path / "v.mp4", STEADY), b"avc1", b"zzzz"))


def test_pictures_of_which_none_can_be_decoded_are_not_called_a_short_file(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", STEADY)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for packet in packets:
        content[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(content)
    with VideoReader(path) as reader, pytest.raises(VideoError, match="none of its 50 packets can be decoded"):
        list(reader.frames())


@pytest.mark.parametrize("times", [[0.0], STEADY])
def test_a_still_picture_with_sound_is_told(make, tmp_path, times):
    sound = make.Sound([(0.0, make.noise(32_000))], codec="aac")
    path = make.write(tmp_path / "v.mp4", times, sound=sound, paint=lambda _, w, h: np.full((h, w, 3), 90, np.uint8))
    frames, warnings = read(path)
    assert len(frames) == len(times)
    assert any(line.startswith("a still picture") for line in warnings)


def test_a_small_movement_is_no_still_picture(make, tmp_path):
    def mouth(index, width, height):
        image = np.full((height, width, 3), 90, np.uint8)
        image[20:28, 20:32] = 90 + 60 * (index % 2)
        return image

    _, warnings = read(make.write(tmp_path / "v.mp4", STEADY, paint=mouth))
    assert warnings == []


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_which_of_several_pictures_is_looked_at_is_said(tmp_path, suffix):
    path = tmp_path / f"two.{suffix}"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream, (width, height) in zip(streams, ((64, 48), (96, 72)), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(20):
            for stream in streams:
                image = np.full((stream.height, stream.width, 3), 10 * index, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        for stream in streams:
            container.mux(stream.encode(None))
    with VideoReader(path) as reader:
        count = sum(1 for _ in reader.frames())
        size = f"{reader.info.width}x{reader.info.height}"
        number = {"64x48": 1, "96x72": 2}[size]
        assert count == 20
        assert reader.warnings == [f"2 video streams: number {number} ({size}) is looked at, the others are not"]
    assert reader.warnings == [f"2 video streams: number {number} ({size}) is looked at, the others are not"]

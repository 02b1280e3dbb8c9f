"""A clip whose pictures are taken over shows just what one shows that is encoded, or it is not made that way."""

import av
import numpy as np
import pytest

from slceleb_core.media import AudioTrack, MediaClipper, VideoReader
from slceleb_core.media.cutting import COPIED
from slceleb_core.media.excerpt import pictures_between
from slceleb_core.media.ticks import CLOCK

STEADY = [n / 25 for n in range(48)]
UNEVEN = [0.73 + n / 25 + 0.013 * (n % 3) + (0.4 if n > 25 else 0.0) for n in range(48)]
X265 = "log-level=none:pools=none:frame-threads=1:keyint=8:min-keyint=8:scenecut=0"

KINDS = {
    "in order": ("libx264", {"g": "8", "bf": "0"}, ".mp4", STEADY),
    "out of order": ("libx264", {"g": "8", "bf": "2", "sc_threshold": "0"}, ".mp4", STEADY),
    "pyramid": ("libx264", {"g": "8", "bf": "3", "x264-params": "b-pyramid=normal:scenecut=0"}, ".mov", STEADY),
    "open groups": ("libx264", {"g": "8", "bf": "2", "x264-params": "open-gop=1:scenecut=0"}, ".mp4", STEADY),
    "gradual refresh": ("libx264", {"g": "8", "bf": "0", "x264-params": "intra-refresh=1"}, ".mp4", STEADY),
    "uneven": ("libx264", {"g": "8", "bf": "2", "sc_threshold": "0"}, ".mp4", UNEVEN),
    "matroska": ("libx264", {"g": "8", "bf": "2", "sc_threshold": "0"}, ".mkv", UNEVEN),
    "hevc": ("libx265", {"x265-params": f"{X265}:bframes=2:open-gop=0"}, ".mp4", STEADY),
    "hevc, open groups": ("libx265", {"x265-params": f"{X265}:bframes=2:open-gop=1"}, ".mp4", STEADY),
    "vp9": ("libvpx-vp9", {"g": "8", "deadline": "good", "cpu-used": "5", "lag-in-frames": "12"}, ".webm", STEADY),
    "av1": ("libsvtav1", {"g": "8", "preset": "12"}, ".mp4", STEADY),
}
SELDOM = ("open groups", "gradual refresh", "hevc, open groups")
"""Where few groups of pictures, if any, begin afresh."""


def moving(index, width, height):
    """Return a picture that no encoder gets exactly, and that is like its neighbours."""
    noise = np.random.default_rng(3).integers(0, 255, (height, width, 3), np.uint8)
    return np.roll(noise, 3 * index, axis=1)


@pytest.fixture(scope="module")
def kinds(make, tmp_path_factory):
    """Return a function that writes a kind of video, once."""
    folder, made = tmp_path_factory.mktemp("kinds"), {}

    def written(kind):
        codec, options, suffix, times = KINDS[kind]
        if codec not in av.codecs_available:
            pytest.skip(f"this build of libav has no {codec}")
        if kind not in made:
            sound = make.Sound([(times[0], make.noise(40_000))], codec="libopus" if suffix == ".webm" else "aac")
            sound = None if suffix == ".webm" else sound
            path = folder / f"{len(made)}{suffix}"
            made[kind] = make.write(path, times, (96, 64), codec, options, sound=sound, paint=moving)
        return made[kind]

    return written


def source_pictures(path, start, end):
    """Return when each picture of a stretch begins, in ticks, and its planes; and when the last one ends."""
    shown = [(placed, placed.picture.picture.to_ndarray()) for placed in pictures_between(path, start, end)]
    return [(placed.begin, planes) for placed, planes in shown], shown[-1][0].end


def clip_pictures(path):
    """Return the same of a clip, read plainly."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [
            (round(shown.pts * shown.time_base / CLOCK), shown.to_ndarray()) for shown in container.decode(stream)
        ]
        return pictures, round(stream.duration * stream.time_base / CLOCK)


def stretches(times):
    """Yield stretches between pictures of a video, and a little beside them."""
    for first in range(len(times) - 14):
        for last in (first + 5, first + 8, first + 12):
            yield times[first], times[last]
            yield times[first] + 0.011, times[last] + 0.004


@pytest.mark.parametrize("kind", KINDS)
def test_copied_pictures_are_those_of_the_source_bit_for_bit_with_their_times(kinds, tmp_path, kind):
    path, target, copied = kinds(kind), tmp_path / "clip.mp4", 0
    with VideoReader(path) as reader:
        times = [frame.time for frame in reader.frames()]
    clipper = MediaClipper(path, None)
    for start, end in stretches(times):
        if not clipper.copy_video(start, end, target):
            assert not target.exists()
            continue
        copied += 1
        (expected, last), (found, length) = source_pictures(path, start, end), clip_pictures(target)
        assert [begin for begin, _ in found] == [begin for begin, _ in expected], (start, end)
        assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(found, expected, strict=True)), (start, end)
        assert length == pytest.approx(last, abs=1)
        target.unlink()
    assert copied or kind in SELDOM


def test_sound_is_that_of_a_clip_that_is_encoded(kinds, tmp_path):
    path = kinds("uneven")
    start, end = UNEVEN[8], UNEVEN[16]
    with AudioTrack.decode(path) as audio:
        clipper = MediaClipper(path, audio)
        assert clipper.copy_video(start, end, tmp_path / "copied.mp4")
        clipper.cut_video(start, end, tmp_path / "encoded.mp4")
    heard = []
    for name in ("copied.mp4", "encoded.mp4"):
        with AudioTrack.decode(tmp_path / name) as sound, VideoReader(tmp_path / name) as reader:
            heard.append((sound.start, sound.span(0.0, end - start).samples, [frame.time for frame in reader.frames()]))
    assert heard[0][0] == heard[1][0]
    assert np.array_equal(heard[0][1], heard[1][1])
    assert heard[0][2] == pytest.approx(heard[1][2], abs=1e-4)


def test_a_clip_tells_that_its_pictures_are_copied_and_is_the_same_every_time(kinds, tmp_path):
    path = kinds("in order")
    for name in ("a.mp4", "b.mp4"):
        assert MediaClipper(path, None).copy_video(STEADY[8], STEADY[16], tmp_path / name)
    MediaClipper(path, None).cut_video(STEADY[8], STEADY[16], tmp_path / "encoded.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    told = []
    for name in ("a.mp4", "encoded.mp4"):
        with av.open(str(tmp_path / name)) as container:
            told.append(container.metadata.get("comment"))
    assert told == [COPIED, None]


def test_what_a_player_turns_is_not_copied(make, kinds, tmp_path, caplog):
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(kinds("in order").read_bytes())
    make.set_matrix(turned, 0, 1, -1, 0)
    with caplog.at_level("INFO"):
        assert not MediaClipper(turned, None).copy_video(STEADY[8], STEADY[16], tmp_path / "clip.mp4")
    assert "are encoded: they are stored turned" in caplog.text


@pytest.mark.parametrize("name", ["v.avi", "v.ts", "v.mpg"])
def test_formats_whose_times_may_have_to_be_mended_are_not_copied(make, tmp_path, name, caplog):
    codec = "mpeg2video" if name == "v.mpg" else "mpeg4" if name == "v.avi" else "libx264"
    path = make.write(tmp_path / name, STEADY, codec=codec, options={"g": "8"}, ticks=25)
    with caplog.at_level("INFO"):
        assert not MediaClipper(path, None).copy_video(STEADY[8], STEADY[16], tmp_path / "clip.mp4")
    assert "may have to be mended" in caplog.text


def test_pictures_that_an_edit_list_hides_are_not_in_a_copy(make, tmp_path):
    path = tmp_path / "edited.mp4"
    with av.open(
        str(make.write(tmp_path / "plain.mp4", STEADY, options={"g": "8", "bf": "0"}, paint=moving))
    ) as source:
        template = source.streams.video[0]
        with av.open(str(path), "w") as container:
            stream = container.add_stream_from_template(template, opaque=True)
            for packet in source.demux(template):
                if packet.size:
                    packet.stream = stream
                    packet.pts -= round(0.2 / packet.time_base)  # libav hides what is before 0 by an edit list
                    packet.dts -= round(0.2 / packet.time_base)
                    container.mux(packet)
    with VideoReader(path) as reader:
        times = [frame.time for frame in reader.frames()]
    clipper, target = MediaClipper(path, None), tmp_path / "clip.mp4"
    for start, end in ((times[0], times[9]), (times[3], times[11])):
        if clipper.copy_video(start, end, target):
            (expected, _), (found, _) = source_pictures(path, start, end), clip_pictures(target)
            assert [begin for begin, _ in found] == [begin for begin, _ in expected]
            assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(found, expected, strict=True))


def test_damaged_times_are_not_copied(make, tmp_path):
    """Two pictures on one tick of the clip: only one would be seen."""
    times = [*STEADY[:20], STEADY[19] + 5e-6, *STEADY[20:]]
    path = make.write(tmp_path / "v.mp4", times, options={"g": "8", "bf": "0"}, ticks=1_000_000)
    assert not MediaClipper(path, None).copy_video(times[16], times[26], tmp_path / "clip.mp4")

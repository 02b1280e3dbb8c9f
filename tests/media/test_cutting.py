"""Cutting: exact times, the source's samples, and nothing on disk that only looks whole."""

from __future__ import annotations

import wave

import av
import numpy as np
import pytest

from slceleb_core.errors import OutputError, VideoError
from slceleb_core.media import AudioTrack, MediaClipper, VideoReader

RATE = 16_000
STEADY = [i / 25 for i in range(100)]
IRREGULAR = [0.0, 0.3, 0.34, 0.9, 1.0, 1.011, 1.7, 2.5, 2.54, 3.9]


def cut_wav(path, start, end, target):
    with AudioTrack.decode(path) as audio:
        MediaClipper(path, audio).cut_audio(start, end, target)
    with wave.open(str(target)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def cut_mp4(path, start, end, target):
    audio = AudioTrack.decode(path)
    MediaClipper(path, audio).cut_video(start, end, target)
    if audio is not None:
        audio.close()
    with VideoReader(target) as reader:
        return reader.info, list(reader.frames())


def read(path):
    with VideoReader(path) as reader:
        return list(reader.frames())


def span(path, start, end):
    with AudioTrack.decode(path) as audio:
        return audio.span(start, end).samples


@pytest.mark.parametrize(("start", "end"), [(0.0, 3.0), (0.5, 2.25), (1.23456, 1.98765)])
def test_cut_sound_is_the_sources_own_samples_at_those_times(make, tmp_path, start, end):
    samples = make.noise(3 * RATE)
    path = make.write(tmp_path / "v.mov", STEADY, sound=make.Sound([(0.0, samples)]))
    first = round(start * RATE)
    cut = cut_wav(path, start, end, tmp_path / "cut.wav")
    assert np.array_equal(cut, samples[0, first : first + round((end - start) * RATE)])


def test_cut_sound_goes_by_the_clock_of_the_file(make, tmp_path):
    samples = make.noise(3 * RATE)
    path = make.write(tmp_path / "v.mov", [0.75 + t for t in STEADY], sound=make.Sound([(0.5, samples)]))
    assert np.array_equal(cut_wav(path, 1.0, 2.0, tmp_path / "cut.wav"), samples[0, RATE // 2 : RATE // 2 + RATE])


def test_sound_longer_than_a_block_is_cut_without_a_seam(make, tmp_path):
    samples = make.noise(150 * RATE)
    path = make.write(tmp_path / "v.mov", sound=make.Sound([(0.0, samples)]))
    assert np.array_equal(cut_wav(path, 1.00003, 149.0, tmp_path / "cut.wav"), samples[0, RATE : 149 * RATE])


@pytest.mark.parametrize("name", ["hamilton.mp4", "obama_biden.mp4", "talker_a.mp4", "grid_bbaf2n.mpg"])
def test_cut_sound_of_real_clips_is_that_of_the_track(clip, tmp_path, name):
    cut = cut_wav(clip(name), 0.9, 2.7, tmp_path / "cut.wav")
    assert np.array_equal(cut, np.rint(span(clip(name), 0.9, 2.7) * 32768).clip(-32768, 32767))
    assert cut.std() > 100


def test_cut_pictures_are_those_on_display_at_their_own_times(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", IRREGULAR)
    info, frames = cut_mp4(path, 0.95, 2.52, tmp_path / "cut.mp4")
    # 0.9 is still on display at 0.95; the last one begins at 2.5.
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.05, 0.061, 0.75, 1.55], abs=1e-4)
    assert [np.median(frame.image) for frame in frames] == pytest.approx([make.shade(i) for i in range(3, 8)], abs=4)
    assert info.duration == pytest.approx(1.57, abs=1e-3)
    assert info.start == 0.0


def test_the_end_is_not_part_of_the_stretch(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", STEADY)
    _, frames = cut_mp4(path, 1.0, 2.0, tmp_path / "cut.mp4")
    assert [frame.time for frame in frames] == pytest.approx(STEADY[:25], abs=1e-4)
    assert np.median(frames[0].image) == pytest.approx(make.shade(25), abs=4)


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts", "v.h264"])
def test_seeking_finds_the_same_pictures_in_every_container(make, tmp_path, name):
    times = [i / 25 for i in range(400)]
    path = make.write(tmp_path / name, times, options={"g": "60", "crf": "10"})
    source = read(path)
    start, end = source[300].time, source[310].time
    _, frames = cut_mp4(path, start, end, tmp_path / "cut.mp4")
    assert [np.median(f.image) for f in frames] == pytest.approx([make.shade(i) for i in range(300, 310)], abs=4)


def flash_and_click(make, path, codec, rate, late=0.0):
    """A file that shows its one bright picture, and clicks, at 2.0 s."""
    times = [late + i / 25 for i in range(100)]
    samples = np.zeros((1, 4 * rate), np.int16)
    samples[0, 2 * rate : 2 * rate + rate // 500] = 30_000
    return make.write(path, times, sound=make.Sound([(0.0, samples)], rate, codec))


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [("v.mov", "pcm_s16le", 16_000), ("v.mp4", "aac", 44_100), ("v.mkv", "aac", 48_000), ("v.ts", "aac", 48_000)],
)
def test_pictures_and_sound_of_a_cut_stay_together(make, tmp_path, name, codec, rate):
    path = flash_and_click(make, tmp_path / name, codec, rate)
    source = read(path)
    click = np.abs(span(path, 0, 4)).argmax() / RATE
    start = click - 0.7123
    _, frames = cut_mp4(path, start, start + 1.5, tmp_path / "cut.mp4")
    cut_click = np.abs(span(tmp_path / "cut.mp4", 0, 1.5)).argmax() / RATE
    assert cut_click == pytest.approx(0.7123, abs=0.002)
    due = [frame.time - start for frame in source if start < frame.time < start + 1.5]
    assert [frame.time for frame in frames[1:]] == pytest.approx(due, abs=1e-4)


def test_cut_sound_keeps_the_sources_rate_and_channels(make, tmp_path):
    tone = np.rint(20_000 * np.sin(2 * np.pi * 300 * np.arange(2 * 44_100) / 44_100)).astype(np.int16)
    sound = make.Sound([(0.0, np.stack([tone, tone // 4]))], 44_100, layout="stereo")
    path = make.write(tmp_path / "v.mov", STEADY[:50], sound=sound)
    cut_mp4(path, 0.5, 1.5, tmp_path / "cut.mp4")
    with av.open(str(tmp_path / "cut.mp4")) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.sample_rate, stream.codec_context.layout.name) == (44_100, "stereo")
        levels = np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1)[:, 5000:40_000]
    assert levels[0].std() / levels[1].std() == pytest.approx(4, rel=0.05)


def test_a_gap_in_the_sound_is_silence_in_the_cut(make, tmp_path):
    one, two = make.noise(RATE, seed=1), make.noise(RATE, seed=2)
    path = make.write(tmp_path / "v.mkv", STEADY, sound=make.Sound([(0.5, one), (2.5, two)]))
    cut_mp4(path, 0.0, 4.0, tmp_path / "cut.mp4")
    sound = span(tmp_path / "cut.mp4", 0, 4)
    loud = [np.abs(sound[round(at * RATE) :][:1600]).max() > 0.1 for at in (0.1, 0.6, 1.3, 1.7, 2.2, 2.6, 3.3, 3.7)]
    assert loud == [False, True, True, False, False, True, True, False]


def test_a_cut_that_begins_before_the_video_holds_the_first_picture(make, tmp_path):
    path = make.write(
        tmp_path / "v.mp4", [0.852 + t for t in STEADY], sound=make.Sound([(0, make.noise(RATE * 4))], codec="aac")
    )
    _, frames = cut_mp4(path, 0.752, 1.0, tmp_path / "cut.mp4")
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.14, 0.18, 0.22], abs=1e-3)


def test_a_video_without_sound_is_cut_without(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", STEADY)
    info, frames = cut_mp4(path, 1.0, 2.0, tmp_path / "cut.mp4")
    assert not info.has_audio
    assert len(frames) == 25
    with pytest.raises(VideoError, match="no sound to cut from"):
        MediaClipper(path, None).cut_audio(0, 1, tmp_path / "cut.wav")


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1)])
def test_a_turned_video_is_upright_in_the_cut(make, tmp_path, matrix):
    path = make.set_matrix(make.write(tmp_path / "v.mp4", STEADY[:10]), *matrix)
    info, frames = cut_mp4(path, 0.0, 0.4, tmp_path / "cut.mp4")
    assert info.rotation == 0
    assert frames[0].image == pytest.approx(read(path)[0].image.astype(float), abs=12)


@pytest.mark.parametrize(("size", "padded"), [((1, 1), (2, 2)), ((33, 17), (34, 18))])
def test_odd_sizes_are_padded_to_even_ones(make, tmp_path, size, padded):
    path = make.write(tmp_path / "v.mkv", STEADY[:5], size=size, codec="ffv1", options={}, pix_fmt="bgr0")
    info, frames = cut_mp4(path, 0.0, 0.2, tmp_path / "cut.mp4")
    assert ((info.width, info.height), len(frames)) == (padded, 5)


def test_without_x264_the_next_best_encoder_is_used_and_named(make, tmp_path, monkeypatch, caplog):
    path = make.write(tmp_path / "v.mp4", IRREGULAR)
    monkeypatch.setattr("av.codecs_available", {"mpeg4", "aac"})
    _, frames = cut_mp4(path, 0.95, 2.52, tmp_path / "cut.mp4")
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.05, 0.061, 0.75, 1.55], abs=1e-4)
    assert "mpeg4" in caplog.text
    with av.open(str(tmp_path / "cut.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"


def test_the_index_comes_first(make, tmp_path):
    cut_mp4(make.write(tmp_path / "v.mp4", STEADY), 0, 1, tmp_path / "cut.mp4")
    content = (tmp_path / "cut.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("kind", ["cut_audio", "cut_video"])
def test_what_cannot_be_written_is_one_line_with_a_hint(make, tmp_path, kind):
    path = make.write(tmp_path / "v.mov", STEADY, sound=make.Sound([(0.0, make.noise(RATE))]))
    with AudioTrack.decode(path) as audio, pytest.raises(OutputError) as caught:
        getattr(MediaClipper(path, audio), kind)(0.0, 1.0, tmp_path / "none" / "cut")
    assert "no such file or directory" in caught.value.message
    assert caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["cut_audio", "cut_video"])
def test_a_cut_that_is_interrupted_leaves_the_earlier_file(make, tmp_path, kind, monkeypatch):
    path = make.write(tmp_path / "v.mov", STEADY, sound=make.Sound([(0.0, make.noise(RATE))]))
    out = tmp_path / "out"
    out.mkdir()
    (out / "cut").write_bytes(b"earlier")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(AudioTrack, "span", interrupt)
    monkeypatch.setattr("slceleb_core.media.cutting.decoding_time", interrupt)
    with AudioTrack.decode(path) as audio, pytest.raises(KeyboardInterrupt):
        getattr(MediaClipper(path, audio), kind)(0.0, 1.0, out / "cut")
    assert [path.name for path in out.iterdir()] == ["cut"]
    assert (out / "cut").read_bytes() == b"earlier"


def test_a_stretch_outside_of_the_video_is_refused(make, tmp_path):
    path = make.write(tmp_path / "v.mp4", STEADY)
    with pytest.raises(VideoError, match="no picture between"):
        MediaClipper(path, None).cut_video(50.0, 51.0, tmp_path / "cut.mp4")
    with pytest.raises(ValueError, match="no length"):
        MediaClipper(path, None).cut_video(1.0, 1.0, tmp_path / "cut.mp4")
    assert not (tmp_path / "cut.mp4").exists()


@pytest.mark.parametrize(
    ("name", "start", "end"), [("hamilton.mp4", 3.5, 7.7), ("obama_biden.mp4", 4.3, 5.4), ("grid_s2.mpg", 1.01, 2.03)]
)
def test_real_clips_are_cut_to_exact_times(clip, tmp_path, name, start, end):
    path, target = clip(name), tmp_path / "cut.mp4"
    info, frames = cut_mp4(path, start, end, target)
    times = [frame.time for frame in read(path)]
    first = max(i for i, time in enumerate(times) if time <= start)
    due = [0.0, *(time - start for time in times[first + 1 :] if time < end)]
    assert [frame.time for frame in frames] == pytest.approx(due, abs=1e-4)
    assert info.duration == pytest.approx(end - start, abs=1e-3)
    wanted, got = span(path, start, end), span(target, 0.0, end - start)
    lag = np.correlate(got, wanted[800:-800], "valid").argmax() - 800
    assert abs(lag) <= 16  # a millisecond
    assert np.corrcoef(got, wanted)[0, 1] > 0.99

"""Sound on the video's clock: every sample at its time, silence where there is none."""

from __future__ import annotations

import subprocess
import sys

import av
import numpy as np
import pytest

from slceleb_core.errors import OutputError, VideoError
from slceleb_core.media import AudioTrack, MediaClipper
from slceleb_core.media.clocks import Clock

RATE = 16_000


def decode(path):
    track = AudioTrack.decode(path)
    assert track is not None
    return track


def as_int16(samples):
    return np.rint(samples * 32768).astype(np.int16)


def test_16_khz_pcm_comes_back_bit_by_bit(make, tmp_path):
    samples = make.noise(3 * RATE)
    with decode(make.write(tmp_path / "s.mov", sound=make.Sound([(0.0, samples)]))) as track:
        assert (track.start, track.end, track.warnings) == (0.0, 3.0, [])
        for start, end in [(0.0, 3.0), (0.5, 1.25), (1.0001, 2.9999)]:
            first = round(start * RATE)
            span = track.span(start, end)
            assert len(span.samples) == round((end - start) * RATE)
            assert span.start == pytest.approx(first / RATE)
            assert np.array_equal(as_int16(span.samples), samples[0, first : first + len(span.samples)])


def test_a_span_is_silent_where_the_file_has_no_sound(make, tmp_path):
    samples = make.noise(RATE)
    with decode(make.write(tmp_path / "s.mov", sound=make.Sound([(0.0, samples)]))) as track:
        span = track.span(-0.5, 1.5)
        assert span.start == -0.5
        assert not span.samples[: RATE // 2].any()
        assert np.array_equal(as_int16(span.samples[RATE // 2 : -RATE // 2]), samples[0])
        assert not span.samples[-RATE // 2 :].any()
        assert not track.span(9.0, 10.0).samples.any()
        assert not track.span(-3.0, -2.0).samples.any()
        assert len(track.span(0.3, 0.3).samples) == 0
        with pytest.raises(ValueError, match="before it starts"):
            track.span(1.0, 0.5)


def test_sound_that_starts_late_keeps_the_files_clock(make, tmp_path):
    samples = make.noise(RATE)
    path = make.write(tmp_path / "s.mov", [0, 0.04, 2.0], sound=make.Sound([(0.75, samples)]))
    with decode(path) as track:
        assert track.start == pytest.approx(0.75, abs=1e-4)
        assert np.array_equal(as_int16(track.span(0.75, 1.75).samples), samples[0])


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("s.mov", "pcm_s16le", 48_000, "stereo"),
        ("s.mov", "pcm_s16le", 44_100, "mono"),
        ("s.mov", "pcm_s16le", 8_000, "mono"),
        ("s.mp4", "aac", 44_100, "stereo"),
        ("s.mp4", "aac", 16_000, "mono"),
        ("s.mkv", "aac", 48_000, "stereo"),
        ("s.webm", "libopus", 48_000, "stereo"),
        ("s.mp4", "libmp3lame", 44_100, "stereo"),
        ("s.mkv", "libmp3lame", 44_100, "stereo"),
        ("s.mkv", "flac", 22_050, "mono"),
    ],
)
def test_clicks_lie_where_they_were_whatever_the_codec_and_rate(make, tmp_path, name, codec, rate, layout):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    clicks = [0.25, 1.0, 1.5]
    samples = np.zeros((2 if layout == "stereo" else 1, 2 * rate), np.int16)
    for click in clicks:
        samples[:, round(click * rate)] = 30_000
    path = make.write(tmp_path / name, sound=make.Sound([(0.0, samples)], rate, codec, layout))
    with decode(path) as track:
        for click in clicks:
            window = np.abs(track.span(click - 0.1, click + 0.1).samples)
            assert window.argmax() == pytest.approx(0.1 * RATE, abs=16)  # one millisecond, Matroska's clock
            assert window.max() > 5 * np.median(window)


def test_a_gap_of_time_stamps_is_filled_with_silence(make, tmp_path):
    one, two = make.noise(RATE, seed=1), make.noise(RATE, seed=2)
    path = make.write(tmp_path / "gap.mkv", sound=make.Sound([(0.0, one), (1.5, two)]))
    with decode(path) as track:
        assert np.array_equal(as_int16(track.span(0, 1).samples), one[0])
        assert not track.span(1.0, 1.5).samples.any()
        assert np.array_equal(as_int16(track.span(1.5, 2.5).samples), two[0])
        assert track.end == pytest.approx(2.5)
        assert track.warnings == ["sound with 1 gap: 0.50 s of silence put in"]


BLOCK = 1024


def shift_blocks(path, samples, blocks, milliseconds):
    """Move the time stamps of Matroska blocks, whose payload is 1024 samples of PCM each, by milliseconds."""
    content = bytearray(path.read_bytes())
    for block in blocks:
        # In front of the payload lie a 16-bit time code and a byte of flags (RFC 9559, section 10).
        at = content.index(samples[0, block * BLOCK : block * BLOCK + 64].tobytes()) - 3
        code = int.from_bytes(content[at : at + 2], "big", signed=True) + milliseconds
        content[at : at + 2] = code.to_bytes(2, "big", signed=True)
    path.write_bytes(content)
    return path


def test_an_overlap_of_time_stamps_drops_what_came_later(make, tmp_path):
    samples = make.noise(32 * BLOCK)
    path = make.write(tmp_path / "lap.mkv", sound=make.Sound([(0.0, samples)]))
    with decode(shift_blocks(path, samples, range(16, 32), -256)) as track:
        kept = np.concatenate([samples[0, : 16 * BLOCK], samples[0, 20 * BLOCK :]])
        assert np.array_equal(as_int16(track.span(track.start, track.end).samples), kept)
        assert track.warnings == ["sound with 1 overlap: 0.26 s dropped"]


def test_jitter_of_time_stamps_leaves_the_sound_alone(make, tmp_path):
    samples = make.noise(4 * RATE)
    shake = np.random.default_rng(3).uniform(-0.006, 0.006, 50)
    shake[0] = 0.0
    pieces = [(i * 0.064 + shake[i], samples[:, i * 1024 : (i + 1) * 1024]) for i in range(50)]
    with decode(make.write(tmp_path / "shaky.mkv", sound=make.Sound(pieces))) as track:
        assert np.array_equal(as_int16(track.span(0, 3.2).samples), samples[0, : 50 * 1024])
        assert track.warnings == []


def test_a_drifting_clock_never_takes_sound_more_than_20_ms_from_its_time(make, tmp_path):
    samples = np.zeros((1, 60 * RATE), np.int16)
    samples[0, RATE // 2 :: RATE] = 30_000
    # Time stamps run 0.2 % fast: 120 ms in a minute.
    pieces = [(i * 0.064 * 1.002, samples[:, i * 1024 : (i + 1) * 1024]) for i in range(937)]
    with decode(make.write(tmp_path / "drift.mkv", sound=make.Sound(pieces))) as track:
        clicks = np.flatnonzero(track.span(0.0, 60.0).samples > 0.5) / RATE
        due = (np.arange(59) + 0.5) * 1.002
        assert np.abs(clicks[:59] - due).max() < 0.0215
        assert track.end == pytest.approx(937 * 0.064 * 1.002, abs=0.022)


def test_one_stray_time_stamp_does_not_silence_what_follows(make, tmp_path):
    samples = make.noise(32 * BLOCK)
    path = make.write(tmp_path / "stray.mkv", sound=make.Sound([(0.0, samples)]))
    with decode(shift_blocks(path, samples, [10], 25_000)) as track:
        assert np.array_equal(as_int16(track.span(track.start, track.end).samples), samples[0])


@pytest.mark.parametrize(("layout", "channels"), [("stereo", 2), ("5.1", 6)])
def test_a_downmix_of_full_scale_does_not_clip(make, tmp_path, layout, channels):
    tone = np.rint(30_000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.int16)
    path = make.write(tmp_path / "s.mov", sound=make.Sound([(0.0, np.tile(tone, (channels, 1)))], layout=layout))
    with decode(path) as track:
        assert track.span(0, 1).samples == pytest.approx(tone / 32768, abs=1e-3)


def test_a_video_without_sound_has_no_track(make, tmp_path):
    assert AudioTrack.decode(make.write(tmp_path / "v.mp4", [0, 0.04])) is None


def test_a_file_that_is_missing_is_an_error_not_silence(tmp_path):
    with pytest.raises(VideoError, match="no such file"):
        AudioTrack.decode(tmp_path / "none.mp4")


def test_broken_audio_packets_leave_silence_and_a_warning(make, tmp_path):
    times = [i / 25 for i in range(75)]
    path = make.write(tmp_path / "s.mp4", times, sound=make.Sound([(0.0, make.noise(3 * RATE))], codec="aac"))
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    content = bytearray(path.read_bytes())
    for packet in packets[15:20]:
        content[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    with decode(path) as whole:
        path.write_bytes(content)
        with decode(path) as damaged:
            assert damaged.warnings[0] == "5 broken audio packets skipped"
            assert not damaged.span(14.5 * 0.064, 18 * 0.064).samples.any()
            assert damaged.span(2, 2.9).samples == pytest.approx(whole.span(2, 2.9).samples, abs=1e-6)


def test_truncated_sound_is_read_up_to_the_cut_and_says_so(make, tmp_path):
    path = make.write(tmp_path / "s.mkv", [i / 25 for i in range(250)], sound=make.Sound([(0.0, make.noise(160_000))]))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with decode(path) as track:
        assert 3 < track.end < 7
        assert track.warnings[0].startswith("sound truncated: decoding stopped at ")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from slceleb_core.errors import SlcelebError
from slceleb_core.media import AudioTrack, MediaClipper
video, kind, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
audio = None if kind == "decode" else AudioTrack.decode(video)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    if kind == "decode":
        AudioTrack.decode(video)
    else:
        getattr(MediaClipper(video, audio), kind)(0.0, 3.0, target)
except SlcelebError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("kind", ["decode", "cut_audio", "cut_video"])
def test_a_full_disk_is_one_line_and_leaves_nothing(make, tmp_path, kind):
    times = [i / 25 for i in range(75)]
    video = make.write(tmp_path / "v.mov", times, (320, 240), sound=make.Sound([(0.0, make.noise(3 * RATE))]))
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-c", FULL_DISK, video, kind, out / "clip"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("OutputError ")
    assert done.stdout.count("\n") == 1
    assert "TMPDIR" in done.stdout or str(out / "clip") in done.stdout
    assert done.stderr == ""
    assert list(out.iterdir()) == []


def test_no_temporary_folder_is_one_line_with_a_hint(make, tmp_path, monkeypatch):
    def refuse(**_):
        raise FileNotFoundError(2, "No usable temporary directory found")

    path = make.write(tmp_path / "s.mov", sound=make.Sound([(0.0, make.noise(RATE))]))
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(OutputError, match="TMPDIR"):
        AudioTrack.decode(path)


def test_real_sound_starts_when_the_file_says(clip):
    with decode(clip("hamilton.mp4")) as track:
        assert track.start == pytest.approx(0.008, abs=1e-3)
        assert track.end == pytest.approx(10.016, abs=1e-3)
        assert track.span(0.5, 1.5).samples.std() > 0.01
        assert track.warnings == []


def click_at(second, seconds=10):
    samples = np.zeros((1, seconds * RATE), np.int16)
    samples[0, round(second * RATE)] = 20_000
    return samples


def test_a_sound_on_another_clock_is_heard_when_that_clock_says(make, tmp_path):
    with decode(make.write(tmp_path / "s.mov", sound=make.Sound([(0.0, click_at(8.0))]))) as track:
        placed = track.placed(Clock(offset=-3.0, drift=500e-6))  # the file's clock shows -3 when that one shows 0
        heard = (8.0 + 3.0) / (1 + 500e-6)
        assert placed.start == pytest.approx(3.0 / (1 + 500e-6))
        for start, end in [(heard - 0.2, heard + 0.3), (heard - 3.7, heard + 3.1)]:
            span = placed.span(start, end)
            assert len(span.samples) == round((end - start) * RATE)
            assert span.start + np.argmax(span.samples) / RATE == pytest.approx(heard, abs=0.0006)
        assert not placed.span(-1.0, 2.9).samples.any()
        assert len(placed.span(5.0, 5.0).samples) == 0


def test_a_sound_placed_twice_is_placed_by_both(make, tmp_path):
    with decode(make.write(tmp_path / "s.mov", sound=make.Sound([(0.0, click_at(8.0))]))) as track:
        placed = track.placed(Clock(1.0)).placed(Clock(2.0))
        assert (placed.start, placed.end) == (-3.0, 7.0)
        assert np.argmax(placed.span(4.0, 6.0).samples) == RATE


def test_a_clip_has_the_sound_of_another_file_in_step(make, tmp_path):
    shown = make.write(tmp_path / "v.mov", np.arange(0, 6, 0.04), sound=make.Sound([(0.0, make.noise(6 * RATE))]))
    with decode(make.write(tmp_path / "s.mov", sound=make.Sound([(0.0, click_at(8.0))]))) as track:
        clipper = MediaClipper(shown, track.placed(Clock(5.0)))  # it was switched on five seconds earlier
        clipper.cut_video(2.0, 4.0, tmp_path / "c.mp4")
        clipper.cut_audio(2.0, 4.0, tmp_path / "c.wav")
    for name in ("c.mp4", "c.wav"):
        with decode(tmp_path / name) as cut:
            samples = cut.span(0.0, 2.0).samples
            assert np.argmax(np.abs(samples)) == pytest.approx(RATE, abs=20)
            assert np.abs(samples[: RATE // 2]).max() < 0.01

"""Sound as nobody meant it: samples that are no numbers, channels that cancel, rates that change on the way."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.media import AudioTrack, MediaClipper
from slceleb_core.media.mixing import BLOCK_SECONDS, Mixer, Piece
from slceleb_core.types import WHOLE, TimeRange

RATE = 16_000


def write_sound(path, samples, rate=RATE, codec="pcm_f32le", layout="mono", times=()):
    """Write float32 [channels, n] as sound, and pictures at `times`."""
    with av.open(str(path), "w") as container:
        packets = []
        if len(times):
            video = container.add_stream("libx264", rate=25)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for number in range(len(times)):
                frame = av.VideoFrame(64, 48, "yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                packets += video.encode(frame)
            packets += video.encode(None)
        audio = container.add_stream(codec, rate=rate, layout=layout)
        for first in range(0, samples.shape[1], 1000):
            part = np.ascontiguousarray(samples[:, first : first + 1000].astype(np.float32).T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
            packets += audio.encode(frame)
        packets += audio.encode(None)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def voice(seconds, seed=0, rate=RATE):
    """Noise, float32 [n]."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * rate)).astype(np.float32)


def tone(hertz, seconds, rate):
    return (0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def pitch(samples, rate=RATE):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return int(spectrum.argmax()) * rate / len(samples)


def heard(path, start=None, end=None, part=WHOLE):
    with AudioTrack.decode(path, part) as track:
        return track.span(track.start if start is None else start, track.end if end is None else end).samples, (
            track.warnings
        )


def decoded(path):
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
        return np.concatenate(frames, axis=1), stream.codec_context.sample_rate


@pytest.mark.parametrize(("codec", "rate"), [("pcm_f32le", RATE), ("pcm_f64le", 11_025), ("pcm_f32be", 48_000)])
def test_samples_that_are_no_numbers_are_silence_with_one_warning(tmp_path, codec, rate):
    samples = voice(2.0, rate=rate)[None]
    wrong = samples.copy()
    wrong[0, rate : rate + 40] = np.nan
    wrong[0, rate + 100] = np.inf
    path = write_sound(tmp_path / "nan.mov", wrong, rate, codec)
    found, warnings = heard(path)
    assert np.isfinite(found).all()
    assert warnings == ["sound with 41 samples that are no numbers, first at 1.00 s: silence put in"]
    right, _ = heard(write_sound(tmp_path / "right.mov", samples, rate, codec))
    apart = np.flatnonzero(np.abs(found - right) > 1e-3) / RATE
    assert 0.99 < apart.min() < apart.max() < 1.02


def test_clips_of_sound_with_samples_that_are_no_numbers_are_whole(tmp_path):
    samples = voice(2.0)[None]
    samples[0, RATE : RATE + 40] = np.nan
    path = write_sound(tmp_path / "nan.mov", samples, times=np.arange(50) / 25)
    with AudioTrack.decode(path) as track:
        MediaClipper(path, track).cut_video(0.5, 1.5, tmp_path / "clip.mp4")
    sound, _ = decoded(tmp_path / "clip.mp4")
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.3


def test_samples_far_beyond_full_scale_are_clipped_with_a_warning(tmp_path):
    samples = 0.5 * tone(440, 2.0, 48_000)[None]
    wrong = samples.copy()
    wrong[0, 48_000] = 1e30
    found, warnings = heard(write_sound(tmp_path / "loud.mov", wrong, 48_000))
    assert warnings == ["sound with 1 sample far beyond full scale, first at 1.00 s: clipped"]
    right, _ = heard(write_sound(tmp_path / "right.mov", samples, 48_000))
    assert np.abs(found - right)[np.r_[: RATE - 100, RATE + 100 : 2 * RATE]].max() < 1e-3


def test_samples_a_little_beyond_full_scale_are_no_reason_to_warn(tmp_path):
    assert heard(write_sound(tmp_path / "hot.mov", 3 * voice(1.0)[None]))[1] == []


LEFT = voice(2.0, seed=1)


@pytest.mark.parametrize("level", [1.0, 0.7])
def test_of_channels_that_cancel_one_is_heard_with_a_warning(tmp_path, level):
    path = write_sound(tmp_path / "s.mov", np.stack([LEFT, -level * LEFT]), layout="stereo", times=np.arange(50) / 25)
    found, warnings = heard(path)
    assert found == pytest.approx(LEFT, abs=1e-3)
    assert warnings == [
        "sound whose channels cancel each other for 2.00 s, first at 0.00 s: only the channel front left is heard there"
    ]
    with AudioTrack.decode(path) as track:
        clipper = MediaClipper(path, track)
        clipper.cut_audio(0.5, 1.5, tmp_path / "clip.wav")
        clipper.cut_video(0.5, 1.5, tmp_path / "clip.mp4")
    sound, _ = decoded(tmp_path / "clip.wav")
    assert sound[0] / 32768 == pytest.approx(LEFT[RATE // 2 : RATE * 3 // 2], abs=1e-3)
    left, right = decoded(tmp_path / "clip.mp4")[0]
    assert np.corrcoef(left, right)[0, 1] < -0.9  # the pair is left as it was


@pytest.mark.parametrize(
    ("layout", "channels", "mix"),
    [
        ("stereo", [LEFT, LEFT], LEFT),
        ("stereo", [LEFT, voice(2.0, seed=2)], (LEFT + voice(2.0, seed=2)) / 2),
        ("stereo", [LEFT, 0 * LEFT], LEFT / 2),
        ("stereo", [LEFT, voice(2.0, seed=2) - 0.5 * LEFT], (voice(2.0, seed=2) + 0.5 * LEFT) / 2),
    ],
    ids=["equal", "independent", "one alone", "wide"],
)
def test_channels_that_do_not_cancel_are_mixed(tmp_path, layout, channels, mix):
    found, warnings = heard(write_sound(tmp_path / "s.mov", np.stack(channels), layout=layout))
    assert warnings == []
    assert found == pytest.approx(mix, abs=1e-3)


def test_the_front_pair_of_six_channels_that_cancels_is_noticed(tmp_path):
    channels = np.zeros((6, len(LEFT)), np.float32)
    channels[0], channels[1], channels[3] = LEFT, -LEFT, 0.9 * np.abs(LEFT)
    found, warnings = heard(write_sound(tmp_path / "s.mov", channels, layout="5.1"))
    assert found == pytest.approx(LEFT, abs=1e-3)
    assert "only the channel front left is heard there" in warnings[0]


def test_a_voice_in_the_middle_is_heard_over_music_that_cancels(tmp_path):
    channels = np.zeros((6, len(LEFT)), np.float32)
    channels[0], channels[1], channels[2] = LEFT, -LEFT, voice(2.0, seed=3)
    found, warnings = heard(write_sound(tmp_path / "s.mov", channels, layout="5.1"))
    assert warnings == []
    assert np.corrcoef(found, voice(2.0, seed=3))[0, 1] > 0.99


@pytest.mark.parametrize("channels", [8, 16])
def test_any_number_of_channels_is_heard(tmp_path, channels):
    layout = {8: "7.1", 16: "hexadecagonal"}[channels]
    samples = np.zeros((channels, RATE), np.float32)
    samples[0] = tone(440, 1.0, RATE)
    found, warnings = heard(write_sound(tmp_path / "s.mkv", samples, layout=layout))
    assert pitch(found) == pytest.approx(440, abs=2)
    assert warnings == []


def test_a_part_sounds_as_the_whole_does_where_channels_begin_to_cancel(tmp_path):
    sound = voice(24.0, seed=5)
    side = np.where(np.arange(len(sound)) < 12 * RATE, sound, -sound)
    path = write_sound(tmp_path / "s.mkv", np.stack([sound, side]), layout="stereo", times=[0, 0.04])
    whole, warnings = heard(path, 0.0, 24.0)
    assert "cancel each other" in warnings[0]
    assert whole[16 * RATE :] == pytest.approx(sound[16 * RATE :], abs=1e-3)
    for start, end in ((0.0, 13.0), (11.0, 14.0), (15.5, 17.3)):
        with AudioTrack.decode(path, TimeRange(start, end)) as track:
            assert np.array_equal(track.span(start, end).samples, whole[round(start * RATE) : round(end * RATE)])


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 20_000), min_size=1, max_size=30), hole=st.integers(0, 200_000))
def test_mixing_keeps_every_sample_at_its_place(sizes, hole):
    pieces, index = [], 0
    for number, size in enumerate(sizes):
        index += hole * (number == len(sizes) // 2)
        pieces.append(Piece(index, np.full((3, size), 0.25 + number / 100, np.float32), "stereo"))
        index += size
    mixed = list(Mixer(RATE).mixed(pieces))
    assert [(piece.index, piece.samples.shape) for piece in mixed] == [
        (p.index, (1, p.samples.shape[1])) for p in pieces
    ]
    assert all(np.allclose(block.samples, other.samples[:1]) for block, other in zip(mixed, pieces, strict=True))


def test_going_over_to_one_channel_does_not_click():
    times = np.arange(round(4 * BLOCK_SECONDS * RATE)) / RATE
    low = 0.5 * np.sin(2 * np.pi * 50 * times).astype(np.float32)
    half = len(low) // 2
    pair = np.stack([low, np.concatenate([low[:half], -low[half:]])])
    rows = np.concatenate([pair, pair.mean(axis=0, keepdims=True)])
    pieces = [Piece(at, rows[:, at : at + 1000], "stereo") for at in range(0, len(low), 1000)]
    mixer = Mixer(RATE)
    mixed = np.concatenate([piece.samples[0] for piece in mixer.mixed(pieces)])
    assert (mixer.first, mixer.cancelled) == (half, half)
    assert np.abs(np.diff(mixed)).max() < 2 * np.abs(np.diff(low)).max()


SEGMENT = 3.0
"""Seconds of each half of a stream whose sound changes."""


DELAY = 1_400_000
"""Microseconds by which the muxer moves all time stamps: twice what it may hold back."""


def write_stream(path, halves):
    """Write a transport stream whose sound changes: rate, layout and pitch of each half, one after another."""
    content = b""
    for number, (rate, layout, hertz) in enumerate(halves):
        part = path.with_name(f"{number}.ts")
        # With a delay to fill, several frames of sound share a time stamp, as they do in broadcasts.
        with av.open(str(part), "w", format="mpegts", options={"max_delay": str(DELAY // 2)}) as container:
            packets = []
            video = container.add_stream("libx264", rate=25, options={"bf": "0", "g": "5"})
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            audio = container.add_stream("aac", rate=rate, layout=layout)
            begin = number * SEGMENT
            for index in range(round(SEGMENT * 25)):
                frame = av.VideoFrame(64, 48, "yuv420p")
                frame.pts, frame.time_base = round(begin * 25) + index, Fraction(1, 25)
                packets += video.encode(frame)
            packets += video.encode(None)
            samples = np.tile(tone(hertz, SEGMENT, rate), (2 if layout == "stereo" else 1, 1))
            for first in range(0, samples.shape[1], 1024):
                block = np.ascontiguousarray(samples[:, first : first + 1024])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
                frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
                frame.pts = round(begin * rate) + first
                packets += audio.encode(frame)
            packets += audio.encode(None)
            for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
                container.mux(packet)
        content += part.read_bytes()
    path.write_bytes(content)
    return path


CHANGES = [
    [(24_000, "mono", 440), (48_000, "stereo", 880)],
    [(48_000, "stereo", 440), (24_000, "mono", 880)],
    [(44_100, "stereo", 440), (48_000, "stereo", 880)],
    [(48_000, "mono", 440), (48_000, "stereo", 880)],
]


@pytest.mark.parametrize("halves", CHANGES)
def test_sound_whose_rate_or_layout_changes_has_its_pitch_and_its_place(tmp_path, halves):
    path = write_stream(tmp_path / "change.ts", halves)
    begin = DELAY / 1e6
    found, warnings = heard(path, begin, begin + 2 * SEGMENT)
    assert not any("gap" in warning for warning in warnings)
    for number, (_, _, hertz) in enumerate(halves):
        half = found[round((number * SEGMENT + 0.2) * RATE) : round(((number + 1) * SEGMENT - 0.2) * RATE)]
        assert pitch(half) == pytest.approx(hertz, abs=2)
        levels = np.sqrt(np.square(half[: len(half) // 160 * 160]).reshape(-1, 160).mean(axis=1))
        assert levels.min() > 0.7 * np.median(levels)  # no hole in it


@pytest.mark.parametrize("halves", CHANGES[:2])
def test_a_clip_has_the_rate_and_the_channels_of_its_stretch(tmp_path, halves):
    path = write_stream(tmp_path / "change.ts", halves)
    with AudioTrack.decode(path) as track:
        clipper = MediaClipper(path, track)
        for number, (rate, layout, hertz) in enumerate(halves):
            start = DELAY / 1e6 + number * SEGMENT + 1.0
            clipper.cut_video(start, start + 1.0, tmp_path / "clip.mp4")
            sound, made = decoded(tmp_path / "clip.mp4")
            assert (made, len(sound)) == (rate, 2 if layout == "stereo" else 1)
            assert pitch(sound[0][:made], made) == pytest.approx(hertz, abs=2)
        clipper.cut_video(DELAY / 1e6 + 2.0, DELAY / 1e6 + 4.0, tmp_path / "both.mp4")
    sound, made = decoded(tmp_path / "both.mp4")
    assert (made, len(sound)) == (48_000, 2)
    assert pitch(sound[0][4_000:44_000], made) == pytest.approx(halves[0][2], abs=2)
    assert pitch(sound[0][52_000:92_000], made) == pytest.approx(halves[1][2], abs=2)

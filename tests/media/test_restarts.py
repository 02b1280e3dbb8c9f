"""Files whose clock begins anew: both halves are read, on one clock that rises, and can be cut from."""

from __future__ import annotations

import base64
import itertools
from typing import NamedTuple

import av
import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slceleb_core.media import AudioTrack, VideoReader
from slceleb_core.media.ebml import is_one_segment
from slceleb_core.media.epochs import SeamFinder, Stamp, epochs
from slceleb_core.media.excerpt import pictures_between
from slceleb_core.media.survey import survey_of
from slceleb_core.review.lanes import TimedFace
from slceleb_core.review.thumbnails import thumbnails
from slceleb_core.types import TimeRange

STEADY = [i / 25 for i in range(50)]
RATE = 48_000
B_FRAMES = {"crf": "10", "g": "25", "bf": "2"}


def clicking(seconds, at):
    """Faint noise with a click, so that a place in the sound can be found again."""
    samples = np.random.default_rng(1).integers(-300, 300, (1, round(seconds * RATE)), dtype=np.int16)
    samples[0, round(at * RATE) : round(at * RATE) + 48] = 30_000
    return samples


OTHER_STREAMS = {"mpegts_start_pid": "512"}
OTHER_PROGRAMME = {**OTHER_STREAMS, "mpegts_pmt_start_pid": "4352"}
CODECS = {"ts": ("libx264", B_FRAMES, "aac"), "mpg": ("mpeg2video", {"g": "12", "bf": "2", "b": "2M"}, "mp2")}


def recording(make, path, start=0.0, at=0.5, length=2.0):
    """A video of two seconds whose picture changes to another grey and whose sound clicks at the same moment."""
    codec, options, sound = CODECS.get(path.suffix[1:], ("libx264", B_FRAMES, "aac"))
    sounding = make.Sound([(start, clicking(length, at))], RATE, sound)
    ticks = 25 if codec == "mpeg2video" else 90_000
    return make.write(path, [start + t for t in STEADY], codec=codec, options=options, sound=sounding, ticks=ticks)


def joined(path, *parts):
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def read(path):
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        return reader.info, frames, reader.warnings


def clicks(path):
    with AudioTrack.decode(path) as track:
        samples = np.abs(track.span(track.start, track.end).samples)
        loud = np.flatnonzero(samples > 0.3) / 16_000
        return [track.start + t for t, gap in zip(loud, np.diff(loud, prepend=-9.0), strict=True) if gap > 0.2], track


@pytest.mark.parametrize("kind", ["ts", "mpg", "mkv"])
def test_two_recordings_in_one_file_are_both_read_on_one_clock(make, tmp_path, kind):
    first = recording(make, tmp_path / f"a.{kind}", at=0.5)
    second = recording(make, tmp_path / f"b.{kind}", at=1.5)
    path = joined(tmp_path / f"ab.{kind}", first, second)
    info, frames, warnings = read(path)
    times = np.array([frame.time for frame in frames])
    assert len(frames) == 100
    assert np.diff(times).min() > 0.03
    assert np.diff(times).max() < 0.12
    greys = [np.median(frame.image) for frame in frames]
    assert greys == pytest.approx([make.shade(i) for i in range(50)] * 2, abs=6)
    (restart,) = info.restarts
    assert times[49] < restart.time <= times[50] + 1e-6
    assert len(warnings) == 1
    assert f"at {restart.time:.3f} s, where the file says {restart.clock:.3f} s" in warnings[0]
    found, track = clicks(path)
    assert found == pytest.approx([times[0] + 0.5, times[50] + 1.5], abs=0.05)
    assert not [line for line in track.warnings if "overlap" in line]


def test_a_place_of_the_results_is_found_in_the_file_by_the_shift(make, tmp_path):
    second = recording(make, tmp_path / "b.ts")
    info, frames, _ = read(joined(tmp_path / "ab.ts", recording(make, tmp_path / "a.ts"), second))
    alone = [frame.time for frame in read(second)[1]]
    assert [frame.time - info.restarts[0].shift for frame in frames[50:]] == pytest.approx(alone, abs=1e-4)


def test_the_clock_may_begin_anew_again_and_again_and_at_any_time(make, tmp_path):
    starts = [0.0, 1.2, 0.0, 1000.0, 5.0]
    parts = [recording(make, tmp_path / f"{i}.ts", start) for i, start in enumerate(starts)]
    info, frames, warnings = read(joined(tmp_path / "all.ts", *parts))
    times = np.array([frame.time for frame in frames])
    assert len(frames) == 250
    assert np.all(np.diff(times) > 0)
    assert len(info.restarts) == 3  # a later clock is a jump forward, which stays
    assert len([line for line in warnings if "begins anew" in line]) == 1


def test_a_restart_long_before_the_first_time_stamp_is_no_turn_of_the_counter(make, tmp_path):
    parts = recording(make, tmp_path / "a.ts", 500.0), recording(make, tmp_path / "b.ts", 0.0)
    info, frames, _ = read(joined(tmp_path / "ab.ts", *parts))
    assert frames[-1].time - frames[0].time == pytest.approx(4.0, abs=0.3)
    assert info.restarts[0].clock < 3.0
    assert info.restarts[0].time == pytest.approx(frames[50].time, abs=0.15)


def test_a_true_turn_of_the_counter_is_no_restart(make, tmp_path):
    turn = 2**33 / 90_000
    path = make.write(tmp_path / "turn.ts", [turn - 61.0 + t for t in [*STEADY, *(60.0 + t for t in STEADY)]])
    info, frames, warnings = read(path)
    assert (len(frames), info.restarts, warnings) == (100, (), [])


@pytest.mark.parametrize("pictures", [1, 12])
def test_a_restart_within_the_first_second_is_no_gap_of_the_sound(make, tmp_path, pictures):
    first = make.Sound([(10.0, make.noise(19_200))], rate=48_000, codec="aac")
    start = make.write(tmp_path / "a.ts", [10.0 + n / 25 for n in range(pictures)], sound=first)
    sound = make.Sound([(0.0, make.noise(96_000))], rate=48_000, codec="aac")
    path = joined(tmp_path / "ab.ts", start, make.write(tmp_path / "b.ts", STEADY, sound=sound))
    with VideoReader(path) as reader:
        times = [frame.time for frame in reader.frames()]
        (restart,) = reader.info.restarts
    assert len(times) == pictures + 50
    assert times[0] == pytest.approx(10.0, abs=0.1)
    with AudioTrack.decode(path) as track:
        assert track.warnings == []
        assert track.end == pytest.approx(times[-1], abs=0.2)
        assert times[pictures] == pytest.approx(restart.time, abs=0.1)


def test_half_of_it_without_sound_is_read_too(make, tmp_path):
    silent = make.write(tmp_path / "b.ts", STEADY)
    path = joined(tmp_path / "ab.ts", recording(make, tmp_path / "a.ts"), silent)
    assert len(read(path)[1]) == 100


@pytest.mark.parametrize("options", [OTHER_PROGRAMME, OTHER_STREAMS], ids=["other programme", "other streams"])
def test_a_half_with_other_streams_is_not_lost_without_a_word(make, tmp_path, options):
    other = tmp_path / "b.ts"
    whole = recording(make, tmp_path / "c.ts")
    with av.open(str(whole)) as source, av.open(str(other), "w", options=options) as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    _, frames, warnings = read(joined(tmp_path / "ab.ts", recording(make, tmp_path / "a.ts"), other))
    assert len(frames) == 100 or any("of the file lie behind that" in line for line in warnings)


@pytest.mark.parametrize("kind", ["mkv", "flv"])
def test_what_libav_does_not_read_of_joined_recordings_is_told(make, tmp_path, kind):
    parts = [recording(make, tmp_path / f"{name}.{kind}") for name in "abc"]
    _, frames, warnings = read(joined(tmp_path / f"abc.{kind}", *parts))
    assert len(frames) == 150 or any("of the file lie behind that" in line for line in warnings)


def test_a_half_of_another_codec_is_not_lost_without_a_word(make, tmp_path):
    other = make.write(tmp_path / "b.ts", STEADY, codec="mpeg2video", options={}, ticks=25)
    _, frames, warnings = read(joined(tmp_path / "ab.ts", make.write(tmp_path / "a.ts", STEADY), other))
    assert len(frames) == 100 or any("what follows cannot be decoded" in line for line in warnings)


@pytest.mark.parametrize("kind", ["ts", "mkv"])
def test_a_part_of_it_is_what_a_whole_reading_gives(make, tmp_path, kind):
    path = joined(tmp_path / f"ab.{kind}", *[recording(make, tmp_path / f"{name}.{kind}") for name in "ab"])
    _, whole, _ = read(path)
    part = TimeRange(whole[60].time - 0.001, whole[90].time - 0.001)
    with VideoReader(path, part) as reader:
        found = list(reader.frames())
    assert [(frame.index, frame.time) for frame in found] == [(frame.index, frame.time) for frame in whole[60:90]]


@pytest.mark.parametrize("kind", ["ts", "mpg", "mkv"])
def test_a_thumbnail_is_of_the_half_that_it_is_asked_of(make, tmp_path, kind):
    path = joined(tmp_path / f"ab.{kind}", *[recording(make, tmp_path / f"{name}.{kind}") for name in "ab"])
    _, frames, _ = read(path)
    moments = [TimedFace(frames[place].time, (8.0, 16.0, 40.0, 40.0), 1.0) for place in (5, 70, 95)]
    for place, made in zip((5, 70, 95), thumbnails(path, moments), strict=True):
        image = cv2.imdecode(np.frombuffer(base64.b64decode(made.split(",")[1]), np.uint8), cv2.IMREAD_COLOR)
        assert np.median(image) == pytest.approx(np.median(frames[place].image), abs=8)


@pytest.mark.parametrize("kind", ["ts", "mpg", "mkv"])
def test_a_stretch_of_either_half_shows_its_own_pictures(make, tmp_path, kind):
    parts = [recording(make, tmp_path / f"{name}.{kind}") for name in "ab"]
    path = joined(tmp_path / f"all.{kind}", *parts)
    _, frames, _ = read(path)
    for at in (10, 49, 50, 77):
        start = frames[at].time
        shown = list(pictures_between(path, start, start + 0.19))
        expected = [np.median(frame.image) for frame in frames if start <= frame.time < start + 0.19]
        assert [np.median(picture.picture.picture.to_ndarray(format="rgb24")) for picture in shown] == pytest.approx(
            expected, abs=4
        )


def test_the_survey_is_taken_once_as_long_as_the_file_stays(make, tmp_path, monkeypatch):
    path = joined(tmp_path / "ab.ts", *[recording(make, tmp_path / f"{name}.ts") for name in "ab"])
    with av.open(str(path)) as container:
        first = survey_of(container)
        assert survey_of(container) is first
        path.write_bytes(path.read_bytes() * 2)
        assert len(survey_of(container).epochs) == 3


def test_matroska_that_says_how_long_it_is_needs_no_survey(make, tmp_path):
    whole = make.write(tmp_path / "a.mkv", STEADY)
    assert is_one_segment(whole)
    assert not is_one_segment(joined(tmp_path / "ab.mkv", whole, whole))
    assert not is_one_segment(make.write(tmp_path / "a.mp4", STEADY))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[:30])
    assert is_one_segment(cut) in (True, False)


def surveyed(found):
    finder = SeamFinder()
    for stamp in found:
        finder.take(stamp)
    return epochs(finder.seams)


class Part(NamedTuple):
    """Some seconds of 25 pictures and 25 packets of sound each."""

    begin: float
    pictures: int
    late: int  # by how many packets the sound lies behind its picture in the file
    missing: int  # how many packets earlier than the pictures it ends


def packets_of(parts):
    """The packets of a file: [(part, stream, PTS second)]."""
    for number, part in enumerate(parts):
        picture = [(i, 0, part.begin + i / 25) for i in range(part.pictures)]
        sound = [(i + part.late, 1, part.begin + i / 25) for i in range(part.pictures - part.missing)]
        for _, stream, time in sorted(picture + sound):
            yield number, stream, time


PARTS = st.builds(Part, st.integers(0, 60), st.integers(50, 90), st.integers(0, 8), st.integers(0, 30))


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=5))
def test_whatever_is_joined_goes_on_in_both_streams_and_stays_in_step(parts):
    for before, after in itertools.pairwise(parts):
        assume(abs(before.begin + before.pictures / 25 - after.begin) > 2.0)
    packets = list(packets_of(parts))
    found = surveyed([Stamp(stream, time, time + 0.04, time, n) for n, (_, stream, time) in enumerate(packets)])
    placed = {0: [], 1: []}
    shifts = {0: {}, 1: {}}
    for n, (part, stream, time) in enumerate(packets):
        shift = next((e.shift for e in reversed(found) if n >= e.entries.get(stream, n + 1)), 0.0)
        placed[stream].append(time + shift)
        shifts[stream][part] = shift
    assert len(found) == sum(
        after.begin < before.begin + before.pictures / 25 for before, after in itertools.pairwise(parts)
    )
    assert all(np.diff(placed[stream]).min() > 0.0399 for stream in (0, 1))
    assert shifts[0] == shifts[1]


def test_a_stray_stamp_is_no_restart():
    times = [0.04 * i for i in range(100)]
    times[50] = -77.0
    times[70] = 3e6
    assert surveyed([Stamp(0, time, time + 0.04, time, n) for n, time in enumerate(times)]) == []


def test_a_first_stamp_that_is_astray_is_no_restart():
    packets = [Stamp(0, 3600.0, 3600.04, 3600.0, 0)]
    packets += [Stamp(0, n / 25, (n + 1) / 25, n / 25, n) for n in range(1, 200)]
    assert surveyed(packets) == []


@pytest.mark.parametrize(("pictures", "sounds"), [(1, 30), (30, 1), (1, 1), (2, 1)])
def test_a_first_part_of_hardly_anything_is_a_part_where_pictures_and_sound_agree(pictures, sounds):
    first = [(20.0 + n / 25, stream) for stream, count in ((0, pictures), (1, sounds)) for n in range(count)]
    times = [*sorted(first), *((n / 25, stream) for n in range(100) for stream in (0, 1))]
    (epoch,) = surveyed([Stamp(stream, time, time + 0.04, time, n) for n, (time, stream) in enumerate(times)])
    assert epoch.entries == {0: len(first), 1: len(first) + 1}
    assert epoch.shift == pytest.approx(20.0 + max(pictures, sounds) / 25)


def test_a_first_stamp_that_is_astray_is_no_restart_where_the_clock_does_begin_anew_later():
    times = [(n / 25, stream) for _ in range(2) for n in range(600) for stream in (0, 1)]
    times[0] = 3600.0, 0
    (epoch,) = surveyed([Stamp(stream, time, time + 0.04, time, n) for n, (time, stream) in enumerate(times)])
    assert (epoch.entries, epoch.shift) == ({0: 1200, 1: 1201}, pytest.approx(24.0))


def test_pictures_and_sound_are_shifted_alike_where_one_of_them_ends_early():
    sound = [Stamp(1, 0.04 * i, 0.04 * i + 0.04, 0.04 * i, 10 * i + 1) for i in range(225)]  # ends at 9 s
    picture = [Stamp(0, 0.04 * i, 0.04 * i + 0.04, 0.04 * i, 10 * i) for i in range(250)]  # ends at 10 s
    both = sorted([*sound, *picture], key=lambda stamp: stamp.place)
    again = [
        Stamp(s, 9.2 + 0.04 * i, 9.24 + 0.04 * i, 9.2 + 0.04 * i, 5000 + 10 * i + s) for i in range(100) for s in (1, 0)
    ]
    (epoch,) = surveyed([*both, *again])
    assert epoch.entries == {0: 5000, 1: 5001}
    assert epoch.shift == pytest.approx(0.8)

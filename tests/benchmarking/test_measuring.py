"""The order of measurements, a process watched from outside, memory's trend, and videos made longer."""

import random
import signal
import sys
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.benchmarking.bench import schedule
from slceleb_core.benchmarking.candidates import DECODE, Candidate, candidates
from slceleb_core.benchmarking.looping import loop
from slceleb_core.benchmarking.trend import FLAT, trend
from slceleb_core.benchmarking.watching import watch
from slceleb_core.errors import UsageError, VideoError
from slceleb_core.media import AudioTrack, VideoReader
from slceleb_core.testing import RED, Person, SyntheticTalker, write_video

ROOT = Path(__file__).resolve().parents[2]


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4))
def test_candidates_take_turns(repeat, videos, count):
    rows = [Candidate(str(number), "default") for number in range(count)]
    order = list(schedule(repeat, [Path(str(number)) for number in range(videos)], rows))
    assert len(order) == len(set(order)) == repeat * videos * count
    assert [row.name for _, _, row in order] == [row.name for row in rows] * (repeat * videos)
    assert [turn for turn, _, _ in order] == sorted(turn for turn, _, _ in order)


def test_overrides_stand_behind_a_profile_and_a_comma_inside_of_a_value_parts_nothing():
    made = candidates(["default", "mine.yaml,a.b=1,c={x: 1, y: 2}"], ["d=3"], [], yardsticks=True)
    assert [row.name for row in made][2:] == ["seed-2025", DECODE]
    assert made[0].overrides == ("d=3",)
    assert made[1].profile == "mine.yaml"
    assert made[1].overrides == ("d=3", "a.b=1", "c={x: 1, y: 2}")


def test_a_yardstick_that_is_asked_for_is_not_measured_twice():
    assert [row.name for row in candidates(["seed-2025"], (), (), yardsticks=True)] == ["seed-2025", DECODE]


def test_other_installations_are_interpreters_or_sources(tmp_path):
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    made = candidates(["default"], (), [ROOT, python], yardsticks=False)
    assert [row.name for row in made] == ["default", f"default @ {ROOT.name}", f"default @ {python}"]
    assert str(ROOT / "src") in made[1].installation.environment()["PYTHONPATH"]
    assert made[2].installation.python == str(python)
    assert made[2].installation.environment()["PYTHONPATH"] == ""
    with pytest.raises(UsageError, match="neither an interpreter nor a folder"):
        candidates(["default"], (), [tmp_path], yardsticks=False)


def test_a_process_is_measured_with_its_children(tmp_path):
    child = "import time; held = bytearray(60_000_000); time.sleep(0.6)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('done'); sys.exit(3)"
    ended = watch([sys.executable, "-c", program], {}, tmp_path / "log", 0.05)
    assert (ended.code, ended.said) == (3, "done\n")
    assert ended.wall >= 0.6 > ended.cpu > 0
    assert ended.peak > 60_000_000
    assert max(size for _, size in ended.samples) <= ended.peak


def test_a_signal_is_a_negative_code(tmp_path):
    program = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert watch([sys.executable, "-c", program], {}, tmp_path / "log", 0.05).code == -signal.SIGKILL


def sampled(bytes_an_hour, video_seconds=3600, noise=0.0):
    dice = random.Random(0)
    start = [(float(second), 100_000_000 + 8_000_000 * second) for second in range(60)]  # warming up
    later = [
        (float(second), round(580e6 + bytes_an_hour * second / 600 * video_seconds / 3600 + dice.gauss(0, noise)))
        for second in range(60, 601)
    ]
    return start + later


@settings(max_examples=15, deadline=None)
@given(st.floats(-50e6, 500e6))
def test_what_an_hour_adds_is_found_behind_the_warm_up(growth):
    going = trend(sampled(growth, video_seconds=1800), 1800.0)
    assert going.slope == pytest.approx(growth, abs=1e5)
    assert going.flat is (going.slope <= FLAT)


def test_outliers_do_not_move_it_and_a_few_samples_say_nothing():
    samples = sampled(0.0, noise=1e6)
    samples[200:300] = [(second, size + 300_000_000) for second, size in samples[200:300]]
    assert trend(samples, 3600.0).flat
    assert trend(samples[:8], 3600.0).flat is None
    assert trend([], 3600.0).flat is None


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_looped_video_lasts_long_enough_on_one_clock(tmp_path, suffix):
    talker = SyntheticTalker(seed=1, duration=1.0)
    source = write_video(tmp_path / f"short{suffix}", [Person(RED, talker=talker)], audio=talker.audio(), duration=1.0)
    loop(source, tmp_path / "long.mkv", 3.5)
    with VideoReader(source) as reader:
        once = sum(1 for _ in reader.frames())
    with VideoReader(tmp_path / "long.mkv") as reader:
        times = [frame.time for frame in reader.frames()]
        assert not reader.info.restarts
    assert len(times) == 4 * once
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert min(steps) > 0
    assert max(steps) < 0.15
    track = AudioTrack.decode(tmp_path / "long.mkv")
    assert track is not None
    with track:
        assert track.end - track.start == pytest.approx(4.0, abs=0.3)


def test_what_has_no_times_cannot_be_looped(tmp_path):
    raw = tmp_path / "raw.h264"
    with av.open(str(raw), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for packet in [*stream.encode(av.VideoFrame(64, 48, "yuv420p")), *stream.encode(None)]:
            container.mux(packet)
    with pytest.raises(VideoError, match="cannot be looped"):
        loop(raw, tmp_path / "long.mkv", 2.0)

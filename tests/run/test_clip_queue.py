"""Clips are cut beside the run: whatever the number of threads, results and errors are those of one after the other."""

import gc
import threading
import time
from pathlib import Path

import pytest

from slceleb_core.artefacts.cuts import LazyClipper
from slceleb_core.errors import OutputError, VideoError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.halting import HaltedError
from slceleb_core.run._clip_queue import WAITING, ClipQueue, workers_for
from slceleb_core.testing import builders
from slceleb_core.testing.clips import FakeClipper
from slceleb_core.testing.pictures import Person, write_video

LONG = 10.0
"""Seconds after which a test gives up."""


class Cutter(FakeClipper):
    """Cuts nothing, and knows whether it was told to stop."""

    def __init__(self):
        super().__init__()
        self.halted = threading.Event()

    def halt(self):
        self.halted.set()


def open_queue(workers, cutter=None):
    queue = ClipQueue(cutter or Cutter())
    queue.widen(workers)
    return queue


def hand_in_and_finish(queue, work, times=1):
    for _ in range(times):
        queue.queue(work)
    queue.finish()


def threads_of_clips():
    return [thread for thread in threading.enumerate() if thread.name == "clips"]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_all_that_is_queued_is_done_before_the_end(workers):
    done = []
    with open_queue(workers) as queue:
        for number in range(60):
            queue.queue(lambda number=number: done.append(number))
        queue.finish()
        assert sorted(done) == list(range(60))
        assert not threads_of_clips()
    assert workers > 1 or done == sorted(done)


def test_nothing_queued_is_finished_without_a_thread():
    with open_queue(4) as queue:
        queue.finish()
    assert not threads_of_clips()


def test_as_many_are_done_at_a_time_as_may_be():
    together = threading.Barrier(3, timeout=LONG)
    with open_queue(3) as queue:
        for _ in range(6):
            queue.queue(together.wait)
        queue.finish()


def test_a_sink_is_held_up_when_much_is_waiting():
    go_on = threading.Event()
    begun = []
    with open_queue(1) as queue:
        filler = threading.Thread(
            target=lambda: [(queue.queue(lambda: go_on.wait(LONG)), begun.append(1)) for _ in range(3 * WAITING)]
        )
        filler.start()
        time.sleep(0.1)
        assert len(begun) <= WAITING + 1
        go_on.set()
        filler.join(LONG)
        queue.finish()
    assert len(begun) == 3 * WAITING


@pytest.mark.parametrize("workers", [1, 3])
def test_of_several_errors_the_first_that_was_handed_in_is_raised(workers):
    failed = threading.Event()

    def first():
        failed.wait(LONG if workers > 1 else 0)
        raise OutputError("first")

    def second():
        failed.set()
        raise VideoError("second")

    with open_queue(workers) as queue:
        queue.queue(first)
        with pytest.raises(OutputError, match="first"):
            hand_in_and_finish(queue, second)
    assert not threads_of_clips()


def test_an_error_is_raised_by_the_next_that_is_handed_in_and_what_waits_is_not_done():
    done, go_on = [], threading.Event()

    def fail():
        go_on.wait(LONG)
        raise OutputError("no space left")

    with open_queue(1) as queue:
        queue.queue(fail)
        for _ in range(3):
            queue.queue(lambda: done.append(1))
        go_on.set()
        with pytest.raises(OutputError, match="no space left"):
            hand_in_and_finish(queue, lambda: time.sleep(0.01), times=1000)
        with pytest.raises(OutputError, match="no space left"):
            queue.finish()
    assert not done


def test_who_leaves_early_breaks_off_what_runs_and_begins_nothing():
    cutter, begun, done = Cutter(), threading.Event(), []

    def long():
        begun.set()
        assert cutter.halted.wait(LONG)
        raise HaltedError

    with open_queue(1, cutter) as queue:
        queue.queue(long)
        queue.queue(lambda: done.append(1))
        begun.wait(LONG)
    assert cutter.halted.is_set()
    assert not done
    assert not threads_of_clips()


def test_what_is_finished_is_not_broken_off_and_takes_nothing_more():
    cutter = Cutter()
    with open_queue(2, cutter) as queue:
        queue.queue(lambda: None)
        queue.finish()
        with pytest.raises(RuntimeError, match="not later"):
            queue.queue(lambda: None)
    assert not cutter.halted.is_set()


@pytest.mark.parametrize(
    ("size", "threads", "workers"),
    [((1280, 720), 2, 2), ((1280, 720), 64, 9), ((1920, 1080), 16, 4), ((3840, 2160), 16, 1), ((7680, 4320), None, 1)],
)
def test_large_pictures_are_held_by_few(size, threads, workers):
    assert workers_for(builders.video_info(width=size[0], height=size[1]), threads) == workers


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    folder = tmp_path_factory.mktemp("video")
    return write_video(folder / "talk.mp4", [Person()], audio=builders.audio(6.0), duration=6.0, size=(128, 96))


def open_files():
    """Return how many files this process has open; 0 where that cannot be told."""
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.is_dir() else 0


def cut_all(video, folder, workers):
    """Cut a dozen stretches that overlap, sound and pictures; return what came out."""
    folder.mkdir()
    with AudioTrack.decode(video) as audio, open_queue(workers, LazyClipper(video, lambda: audio)) as queue:
        for number in range(12):
            start = 0.37 * number

            def work(start=start, number=number):
                queue.cut_audio(start, start + 1.1, folder / f"{number}.wav")
                queue.cut_video(start, start + 1.1, folder / f"{number}.mp4")

            queue.queue(work)
        queue.finish()
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_clips_have_the_same_bytes_however_many_are_cut_at_a_time(video, tmp_path):
    alone = cut_all(video, tmp_path / "alone", 1)
    assert len(alone) == 24
    assert cut_all(video, tmp_path / "many", 4) == alone


def test_a_cut_that_is_broken_off_leaves_no_file_and_no_thread(video, tmp_path):
    before = open_files()
    with AudioTrack.decode(video) as audio, open_queue(2, LazyClipper(video, lambda: audio)) as queue:
        for number in range(8):
            queue.queue(lambda number=number: queue.cut_video(0.0, 6.0, tmp_path / f"{number}.mp4"))
    assert not threads_of_clips()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".new")]
    gc.collect()
    assert open_files() == before

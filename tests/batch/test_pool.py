"""What the pool does beyond the contract of every runner: how it starts, loses, replaces and outlives processes."""

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slceleb_core.batch import pool, worker_process
from slceleb_core.batch.pool import PoolRunner
from slceleb_core.batch.worker_process import ending
from slceleb_core.jobs import BatchJob, Began, Finished, Item, Logged, Lost, Order
from slceleb_core.testing import builders
from slceleb_core.testing.driving import Play, gone
from slceleb_core.testing.plays import Theatre

PARENT = """
import sys, time
from pathlib import Path
from slceleb_core.batch.pool import PoolRunner
from slceleb_core.testing import builders
from slceleb_core.testing.plays import Theatre

def main():
    theatre = Theatre(Path(sys.argv[1]))
    sys.path.insert(0, str(theatre.site))
    runner = PoolRunner(PoolRunner.Config(), builders.context())
    runner.begin(theatre.job(), workers=2)
    orders = [theatre.order("hangs", "hanging"), theatre.order("waits", "waiting")]
    for order in orders:
        runner.submit(order)
    while not all(theatre.process_of(order) for order in orders):
        runner.wait(0.1)
    print(*(theatre.process_of(order) for order in orders), flush=True)
    while True:
        runner.wait(1.0)

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def theatre(tmp_path, monkeypatch):
    made = Theatre(tmp_path / "theatre")
    monkeypatch.syspath_prepend(made.site)
    return made


@pytest.fixture
def begun(theatre):
    """Give a function that begins a job and returns the runner at work."""
    made = []

    def begin(workers=1, **changes):
        runner = PoolRunner(PoolRunner.Config(), builders.context())
        made.append(runner)
        runner.open()
        runner.begin(theatre.job(**changes), workers)
        return Play(runner)

    yield begin
    for runner in made:
        runner.close()


def test_workers_are_started_when_there_is_something_to_do(begun, theatre):
    play = begun(workers=4)
    assert not multiprocessing.active_children()
    play.submit(theatre.order())
    assert len(multiprocessing.active_children()) == 1
    play.finish()
    play.submit(theatre.order(name="next"))
    assert len(multiprocessing.active_children()) == 1, "the idle worker was not given the order"


def test_a_worker_that_dies_while_idle_is_replaced(begun, theatre):
    play = begun()
    play.submit(theatre.order(name="first"))
    play.finish()
    (worker,) = multiprocessing.active_children()
    worker.kill()
    worker.join()
    play.submit(second := theatre.order(name="second"))
    play.finish()
    assert play.report(second).fault is None


def test_where_no_process_can_be_started_the_order_is_lost(begun, theatre, monkeypatch):
    def refuse(*_):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(worker_process, "WorkerProcess", refuse)
    play = begun()
    play.submit(theatre.order())
    play.finish()
    assert play.ends() == {"video": Lost("video", "no worker could be started: Resource temporarily unavailable")}


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [
        (-signal.SIGSEGV, "killed by signal 11 (SIGSEGV)"),
        (-signal.SIGKILL, "killed by signal 9 (SIGKILL): probably out of memory"),
        (-40, "killed by signal 40 (unnamed)"),
        (3, "ended with exit code 3"),
    ],
)
def test_the_reason_of_a_loss_is_in_words(exit_code, said):
    assert ending(exit_code) == said


def test_native_output_is_kept_from_the_terminal_and_told_after_a_crash(begun, theatre, capfd):
    play = begun()
    play.submit(theatre.order("segfault"))
    play.finish()
    assert play.ends()["video"] == Lost("video", "killed by signal 11 (SIGSEGV)")
    (record,) = [event for event in play.events if isinstance(event, Logged)]
    assert record.level == logging.WARNING
    assert "Segmentation fault" in record.trace
    assert "_segfault" in record.trace, "the place in the program is not told"
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_native_output_is_a_log_line_where_debugging_is_asked_for(begun, theatre, caplog):
    caplog.set_level(logging.DEBUG)
    play = begun()
    play.submit(theatre.order("segfault"))
    play.finish()
    lines = [event for event in play.events if isinstance(event, Logged) and event.level == logging.DEBUG]
    assert any("Segmentation fault" in line.message and line.name == "video" for line in lines)


def test_a_cancelled_worker_says_where_it_hung(begun, theatre):
    play = begun()
    play.submit(order := theatre.order("hangs"))
    play.until(lambda: theatre.process_of(order), "the order under way")
    play.runner.cancel("video")
    play.finish()
    assert play.ends()["video"] == Lost("video", "cancelled")
    assert any(isinstance(event, Logged) and "_hangs" in event.trace for event in play.events)


def test_interrupts_are_the_parents_business(begun, theatre):
    play = begun()
    play.submit(order := theatre.order("waits"))
    play.until(lambda: theatre.process_of(order), "the order under way")
    os.kill(theatre.process_of(order), signal.SIGINT)
    theatre.go(order)
    play.finish()
    assert isinstance(play.ends()["video"], Finished)


def test_closing_takes_a_moment_even_when_a_worker_hangs(begun, theatre):
    play = begun()
    play.submit(order := theatre.order("hangs"))
    play.until(lambda: theatre.process_of(order), "the order under way")
    begin = time.monotonic()
    play.runner.close()
    assert time.monotonic() - begin < 2.0
    assert not multiprocessing.active_children()


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    command = [sys.executable, str(script), str(tmp_path / "theatre")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(workers) == 2
    assert all(gone(pid) for pid in workers)


@pytest.mark.parametrize(("workers", "given", "threads"), [(1, None, None), (1, 3, 3), (2, 3, 3), (10_000, None, 1)])
def test_workers_share_the_processors(begun, monkeypatch, workers, given, threads):
    assert handed_on(begun, monkeypatch, workers, given).threads == threads


@pytest.fixture
def staffed(begun, monkeypatch):
    """A pool with so many workers and one order more; the workers, which only hold what they are given."""

    def start(workers, usable):
        staff = []

        class Process:
            idle, sources, where = False, (), "nowhere"

            def __init__(self, number, job, level):
                self.threads, self.gone = job.threads, False
                staff.append(self)

            def give(self, order):
                return Began(order.name, self.where)

            def stop(self):
                pass

            def let_go(self, seconds):
                pass

        monkeypatch.setattr(pool, "usable_processors", lambda: usable)
        monkeypatch.setattr(worker_process, "WorkerProcess", Process)
        play = begun(workers)
        for number in range(workers + 1):
            play.runner.submit(Order(str(number), Item(Path(f"{number}.mkv")), "key"))
        return play, staff

    return start


def test_no_processor_is_left_over(staffed):
    _, staff = staffed(3, usable=7)
    assert [worker.threads for worker in staff] == [3, 2, 2]


def test_who_takes_the_place_of_a_dead_worker_has_its_processors(staffed):
    play, staff = staffed(2, usable=3)
    staff[0].gone = True
    play.runner.wait(0.0)
    assert [worker.threads for worker in staff] == [2, 1, 2]


def handed_on(begun, monkeypatch, workers, given) -> BatchJob:
    """Return the job that a pool of so many workers hands to its processes."""
    jobs = []

    class Process:
        def __init__(self, number, job, level):
            jobs.append(job)
            raise OSError

    monkeypatch.setattr(worker_process, "WorkerProcess", Process)
    play = begun(workers, threads=given)
    play.runner.submit(Order("video", Item(Path("video.mkv")), "key"))
    return jobs[0]


CLOSED = """
import os, sys
for number in (0, 1, 2):
    os.close(number)
from pathlib import Path
from slceleb_core.jobs import Finished
from slceleb_core.batch.pool import PoolRunner
from slceleb_core.testing import builders
from slceleb_core.testing.driving import Play
from slceleb_core.testing.plays import Theatre

if __name__ == "__main__":
    theatre = Theatre(Path(sys.argv[1]))
    sys.path.insert(0, str(theatre.site))
    sys.stdout = sys.stderr = None
    runner = PoolRunner(PoolRunner.Config(), builders.context())
    runner.begin(theatre.job(), workers=1)
    play = Play(runner)
    play.submit(theatre.order())
    play.finish()
    runner.close()
    os._exit(0 if any(isinstance(event, Finished) for event in play.events) else 1)
"""


def test_workers_of_a_process_with_closed_streams_work(tmp_path):
    (tmp_path / "closed.py").write_text(CLOSED)
    done = subprocess.run([sys.executable, tmp_path / "closed.py", tmp_path / "theatre"], timeout=60)
    assert done.returncode == 0

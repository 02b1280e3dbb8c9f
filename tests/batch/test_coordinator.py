import csv
import gc
import json
import logging
import math
import os
import random
import signal
import sqlite3
import threading
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.batch import checkpoint as checkpoint_module
from slceleb_core.batch import ledger as ledger_module
from slceleb_core.batch.checkpoint import CHECKPOINT, FAILURES, REWRITES, next_write
from slceleb_core.batch.coordinator import run_batch
from slceleb_core.batch.journal import JOURNAL, Journal, RunFacts
from slceleb_core.batch.planning import AtWork, plan, skipped
from slceleb_core.batch.resuming import remembered, resumption
from slceleb_core.batch.retrying import RetryPolicy
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.output import statement_of
from slceleb_core.errors import OutputError, UsageError
from slceleb_core.jobs import Began, Fault, Finished, Item, Logged, Lost, Order, Progressed, Report, report_to_json
from slceleb_core.logs import LogFile

BROKEN = Fault("video", "no picture", "give another file")
PASSING = Fault("video", "cannot read: Input/output error", transient=True)
FULL = Fault("output", "cannot write: No space left on device", "free some space", fatal=True)
BUG = Fault("unexpected", "ZeroDivisionError: division by zero", trace="Traceback (most recent call last): ...")
MISSING_MODEL = Fault("usage", "no model", "fetch it", fatal=True)

KEY = "key"


@dataclass
class FakeClock:
    """Time passes when somebody waits."""

    time: float = 1000.0

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


@dataclass
class Scripted:
    """A runner that plays a script: by name, what each attempt comes to, and "done" for all others.

    "done", a fault, "crash", "hang" (no sign of life), "busy" (signs of life, but no end), "Ctrl-C", "SIGTERM",
    or anything that can be called. One order is worked on at a time; each takes a second.
    """

    output_dir: Path
    clock: FakeClock
    script: dict = field(default_factory=dict)
    slots: int = 2
    at_work: list = field(default_factory=list)
    closed: int = 0

    def __post_init__(self):
        self.waiting = deque()
        self.current = None
        self.lost = []
        self.submitted = []

    def submit(self, order):
        assert len(self.waiting) + (self.current is not None) < self.slots
        self.submitted.append(order.name)
        self.waiting.append(order)

    def wait(self, seconds):
        lost, self.lost = self.lost, []
        if lost:
            return lost
        if self.current is not None:
            self.clock.sleep(seconds)
            busy = self.act(self.current) == "busy"
            return [Progressed(self.current.name, 1, 0.0, None, "detect", {})] if busy else []
        if not self.waiting:
            self.clock.sleep(seconds)
            return []
        self.clock.sleep(1.0)
        order = self.waiting.popleft()
        return [Began(order.name, "here"), *self.carry_out(order)]

    def act(self, order):
        acts = self.script.get(order.name, ["done"])
        return acts[min(order.attempt, len(acts)) - 1]

    def carry_out(self, order):
        act = self.act(order)
        self.at_work.append(order.name)
        if isinstance(act, Fault):
            return [Finished(Report(order.name, act))]
        if act == "crash":
            return [Lost(order.name, "killed by signal 11 (SIGSEGV)")]
        if act in ("hang", "busy"):
            self.current = order
            return []
        if act == "Ctrl-C":
            raise KeyboardInterrupt
        if act == "SIGTERM":
            signal.raise_signal(signal.SIGTERM)
        if callable(act):
            act()
        return [Finished(publish(self.output_dir, order))]

    def cancel(self, name):
        for order in [*self.waiting, *([self.current] if self.current else [])]:
            if order.name == name:
                self.lost.append(Lost(name, "cancelled"))
        self.waiting = deque(order for order in self.waiting if order.name != name)
        if self.current is not None and self.current.name == name:
            self.current = None

    def close(self):
        self.closed += 1
        self.waiting.clear()
        self.current = None


def publish(output_dir, order):
    """Do what a worker does at the end, for a file that is its own fingerprint."""
    folder = output_dir / order.name
    report = Report(order.name, None, folder, f"sha256:{order.item.video.read_text()}", statistics={"frames": 1})
    aside = output_dir / f".{order.name}"
    aside.mkdir()
    stated = {"key": order.key, "fingerprint": report.fingerprint, "report": report_to_json(report)}
    (aside / "source.json").write_text(json.dumps({"video": str(order.item.video), **stated}))
    aside.rename(folder)
    return report


class Worker(Scripted):
    """Compares before it works, as a worker does, and keeps in a file what it has really worked on."""

    def carry_out(self, order):
        stated = statement_of(self.output_dir / order.name)
        if stated.get("key") == order.key and stated.get("fingerprint") == f"sha256:{order.item.video.read_text()}":
            report = Report(order.name, None, self.output_dir / order.name, stated["fingerprint"])
            return [Finished(report)]
        with (self.output_dir.parent / "worked").open("a") as file:
            file.write(order.name)
        return super().carry_out(order)


@dataclass
class Noted:
    """A watcher that remembers."""

    plans: list = field(default_factory=list)
    events: list = field(default_factory=list)
    endings: list = field(default_factory=list)
    ticks: int = 0

    def planned(self, outcomes):
        self.plans.append([(outcome.name, outcome.status) for outcome in outcomes])

    def happened(self, event):
        self.events.append(type(event).__name__)

    def ended(self, outcome):
        self.endings.append((outcome.name, outcome.status))

    def tick(self):
        self.ticks += 1


class Batch:
    """Videos, an output folder, and runs over them."""

    def __init__(self, folder, names="abcd"):
        self.output_dir = folder / "out"
        self.output_dir.mkdir()
        self.orders = []
        for name in names:
            video = folder / f"{name}.mp4"
            video.write_text(name)
            self.orders.append(Order(name, Item(video), KEY))
        self.clock = FakeClock()
        self.watcher = Noted()
        self.runner = None
        self.program = ""

    def facts(self):
        return RunFacts(self.output_dir, ("slceleb", "run"), {"jobs": 1}, {"python": "3"}, {"detect": {}}, self.program)

    def plan(self, **options):
        return plan(self.orders, remembered(self.output_dir), self.output_dir, now=AtWork(self.program), **options)

    def run(self, script=None, policy=RetryPolicy(), runner=Scripted, planned=None, journal=Journal, **options):  # noqa: B008
        self.runner = runner(self.output_dir, self.clock, script or {})
        planned = planned or self.plan(**options)
        with journal(self.output_dir / JOURNAL) as open_journal:
            return run_batch(planned, self.runner, open_journal, policy, self.watcher, self.facts(), self.clock)

    def rows(self):
        with Journal(self.output_dir / JOURNAL) as journal:
            return journal.rows()

    def statuses(self):
        return {name: row.status for name, row in self.rows().items()}

    def checkpoint(self):
        return json.loads((self.output_dir / CHECKPOINT).read_text())

    def failures(self):
        with (self.output_dir / FAILURES).open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def batch(tmp_path):
    return Batch(tmp_path)


def statuses(result):
    return "".join(outcome.status[0] for outcome in result.outcomes)


def test_all_are_done_in_order_and_written_down(batch):
    result = batch.run()
    assert statuses(result) == "dddd"
    assert not result.interrupted
    assert result.stopped is None
    assert batch.runner.at_work == list("abcd")
    assert batch.statuses() == dict.fromkeys("abcd", "done")
    assert batch.rows()["a"].fingerprint == "sha256:a"
    assert batch.rows()["a"].seconds == 1.0
    assert result.outcomes[0].seconds == 1.0
    assert result.outcomes[0].attempts == 1
    assert len(batch.checkpoint()["completed_videos"]) == 4
    assert batch.checkpoint()["state"] == "finished"
    assert batch.failures() == []
    assert batch.watcher.plans == [[(name, "pending") for name in "abcd"]]
    assert batch.watcher.endings == [(name, "done") for name in "abcd"]
    assert batch.watcher.ticks >= 4


def test_the_same_again_does_nothing(batch):
    batch.run()
    result = batch.run()
    assert batch.runner.submitted == []
    assert [(outcome.status, outcome.reason, outcome.attempts) for outcome in result.outcomes] == [
        ("done", "done earlier", 0)
    ] * 4
    assert result.outcomes[0].report.statistics == {"frames": 1}
    assert len(batch.checkpoint()["completed_videos"]) == 4


def test_work_is_written_down_before_it_begins(batch):
    seen = []
    batch.run({"b": [lambda: seen.append((batch.statuses(), batch.rows()["b"].begun))]})
    (found, begun), *_ = seen
    assert found == {"a": "done", "b": "running", "c": "running", "d": "pending"}
    assert begun is not None


def test_one_bad_video_stops_nothing(batch, caplog):
    result = batch.run({"b": [BROKEN]})
    assert statuses(result) == "dfdd"
    assert result.outcomes[1].fault == BROKEN
    assert batch.rows()["b"].fault == BROKEN
    row = {"id": "b", "kind": "video", "reason": "no picture", "hint": "give another file", "attempts": "1"}
    assert batch.failures() == [{"video": str(batch.orders[1].item.video), **row}]
    assert batch.checkpoint()["failed_videos"][0]["reason"] == "no picture"
    assert "b: no picture" in caplog.text


def test_what_failed_is_said_again_and_only_done_again_when_asked(batch):
    batch.run({"b": [BROKEN]})
    result = batch.run()
    assert batch.runner.submitted == []
    assert (result.outcomes[1].status, result.outcomes[1].fault) == ("failed", BROKEN)
    assert batch.failures()[0]["attempts"] == "1"
    result = batch.run(retry_failed=True)
    assert batch.runner.submitted == ["b"]
    assert statuses(result) == "dddd"
    assert result.outcomes[1].fault is None
    assert batch.rows()["b"].fault is None
    assert batch.failures() == []


class Vanishing(Scripted):
    """Has a disk go while a video is worked on, as a network folder or a stick does."""

    def carry_out(self, order):
        order.item.video.rename(order.item.video.with_suffix(".gone"))
        return super().carry_out(order)


def test_what_failed_as_its_file_went_is_tried_again_when_that_is_back(batch):
    batch.run({name: [BROKEN] for name in "abcd"}, runner=Vanishing)
    assert statuses(batch.run()) == "ffff"
    assert batch.runner.submitted == []
    for order in batch.orders:
        order.item.video.with_suffix(".gone").rename(order.item.video)
    assert statuses(batch.run()) == "dddd"


def test_skipped_videos_are_kept_as_such(batch):
    planned = [*batch.plan()[:3], skipped(batch.orders[3], "named twice", 3)]
    result = batch.run(planned=planned)
    assert statuses(result) == "ddds"
    assert batch.runner.submitted == list("abc")
    assert batch.rows()["d"].reason == "named twice"
    assert batch.checkpoint()["skipped_videos"][0]["name"] == "d"


def test_passing_faults_are_tried_again_at_the_end_after_a_growing_pause(batch):
    policy = RetryPolicy(retries=2, pause=100.0)
    began = batch.clock.now()
    result = batch.run({"a": [PASSING, PASSING, "done"]}, policy)
    assert statuses(result) == "dddd"
    assert batch.runner.at_work == ["a", "b", "c", "d", "a", "a"]
    assert result.outcomes[0].attempts == 3
    assert batch.rows()["a"].attempts == 3
    assert 300.0 < batch.clock.now() - began < 320.0


def test_a_fault_that_does_not_pass_is_given_up(batch):
    result = batch.run({"a": [PASSING]}, RetryPolicy(retries=2))
    assert statuses(result) == "fddd"
    assert batch.runner.at_work.count("a") == 3
    assert batch.failures()[0]["attempts"] == "3"


def test_a_crash_costs_one_video_that_is_tried_again(batch):
    assert statuses(batch.run({"a": ["crash", "done"], "b": ["crash"]}, RetryPolicy(retries=1, pause=100.0))) == "dfdd"
    assert batch.runner.at_work == ["a", "b", "c", "d", "a", "b"]
    assert batch.clock.now() == 1006.0  # at once: the file was not at fault
    fault = batch.rows()["b"].fault
    assert fault.kind == "lost"
    assert "SIGSEGV" in fault.message


@pytest.mark.parametrize(
    ("act", "policy", "says"),
    [
        ("busy", RetryPolicy(timeout=20.0), "not done within 20 s"),
        ("hang", RetryPolicy(stall=20.0), "no sign of life for 20 s"),
    ],
)
def test_what_takes_too_long_is_cancelled_and_not_tried_again(batch, act, policy, says):
    began = batch.clock.now()
    result = batch.run({"b": [act]}, policy)
    assert statuses(result) == "dfdd"
    assert result.outcomes[1].fault.kind == "timeout"
    assert says in result.outcomes[1].fault.message
    assert batch.runner.at_work.count("b") == 1
    assert 20.0 < batch.clock.now() - began < 30.0


def test_signs_of_life_keep_a_long_video_alive(batch):
    result = batch.run({"b": ["busy"]}, RetryPolicy(stall=1.0, timeout=500.0))
    assert "not done within 500 s" in result.outcomes[1].fault.message


def test_an_order_that_ends_while_it_is_cancelled_stays_done(batch):
    class Quick(Scripted):
        def cancel(self, name):
            self.lost.append(Finished(publish(self.output_dir, self.current)))
            self.current = None

    assert statuses(batch.run({"b": ["hang"]}, RetryPolicy(stall=5.0), runner=Quick)) == "dddd"


def test_a_full_disk_stops_the_batch_and_a_rerun_finishes_it(batch):
    result = batch.run({"b": [FULL]})
    assert result.stopped == FULL
    assert statuses(result) == "dppp"
    assert batch.statuses() == {"a": "done", "b": "pending", "c": "pending", "d": "pending"}
    assert batch.runner.at_work == ["a", "b"]  # c waited in the runner's hands, and was called off
    assert batch.checkpoint()["state"] == "stopped"
    assert batch.failures() == []
    assert statuses(batch.run()) == "dddd"
    assert batch.runner.at_work == ["b", "c", "d"]


def test_what_is_under_way_when_the_batch_stops_is_finished(batch):
    class Both(Scripted):
        def wait(self, seconds):
            both, self.waiting = list(self.waiting), deque()
            self.clock.sleep(seconds)
            if len(both) == 2:
                self.left = both[1]
                return [*(Began(order.name, "") for order in both), Finished(Report(both[0].name, MISSING_MODEL))]
            return [Finished(publish(self.output_dir, self.left))]

    result = batch.run(runner=Both)
    assert result.stopped == MISSING_MODEL
    assert statuses(result) == "pdpp"
    assert batch.statuses()["b"] == "done"


@pytest.mark.parametrize("act", ["Ctrl-C", "SIGTERM"])
def test_an_interruption_puts_back_what_was_under_way(batch, act):
    before = signal.getsignal(signal.SIGTERM)
    result = batch.run({"b": [act]})
    assert result.interrupted
    assert statuses(result) == "dppp"
    assert batch.runner.closed == 1
    assert batch.statuses() == {"a": "done", "b": "pending", "c": "pending", "d": "pending"}
    assert batch.checkpoint()["state"] == "interrupted"
    assert len(batch.checkpoint()["pending_videos"]) == 3
    assert signal.getsignal(signal.SIGTERM) is before
    assert statuses(batch.run()) == "dddd"
    assert batch.runner.at_work == ["b", "c", "d"]


def test_a_second_signal_while_closing_changes_nothing(batch):
    class Slow(Scripted):
        def close(self):
            super().close()
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)

    result = batch.run({"a": ["SIGTERM"]}, runner=Slow)
    assert result.interrupted
    assert batch.statuses() == dict.fromkeys("abcd", "pending")
    assert batch.checkpoint()["state"] == "interrupted"


@pytest.fixture
def heeded():
    """Have this process heed Ctrl-C, as one does not that a shell has started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_a_signal_between_two_waits_is_not_forgotten(batch):
    class Signalling(Noted):
        def ended(self, outcome):
            super().ended(outcome)
            if outcome.name == "b":
                signal.raise_signal(signal.SIGINT)

    batch.watcher = Signalling()
    result = batch.run()
    assert result.interrupted
    assert statuses(result) == "ddpp"


def test_a_batch_in_another_thread_works_without_signals(batch):
    endings = []
    thread = threading.Thread(target=lambda: endings.append(batch.run()))
    thread.start()
    thread.join()
    assert statuses(endings[0]) == "dddd"


def test_a_fault_of_the_program_leaves_the_books_in_order(batch):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        batch.run({"b": [fail]})
    assert batch.runner.closed == 1
    assert batch.statuses() == {"a": "done", "b": "pending", "c": "pending", "d": "pending"}
    assert batch.checkpoint()["state"] == "stopped"


def test_a_watcher_that_cannot_write_is_left_alone(batch, caplog):
    class Full(Noted):
        def happened(self, event):
            raise OSError(28, "No space left on device")

    batch.watcher = Full()
    assert statuses(batch.run()) == "dddd"
    assert caplog.text.count("progress is no longer shown") == 1


def test_a_checkpoint_that_cannot_be_written_stops_the_batch_and_not_the_journal(batch, monkeypatch):
    def fail(path, videos):
        raise OutputError("cannot write failures.csv: No space left on device", "free some space")

    def soon_fail():
        monkeypatch.setattr(ledger_module, "write_failures", fail)

    result = batch.run({"b": [soon_fail]}, RetryPolicy(checkpoint_interval=2))
    assert result.stopped.kind == "output"
    assert "No space left" in result.stopped.message
    assert batch.statuses() == {"a": "done", "b": "done", "c": "pending", "d": "pending"}
    monkeypatch.undo()
    assert statuses(batch.run()) == "dddd"
    assert batch.runner.at_work == ["c", "d"]


def test_a_journal_on_a_full_disk_stops_the_batch_and_loses_nothing(batch):
    def fill():
        journals[0]._base.execute("PRAGMA max_page_count = 1")  # it becomes what there is now

    journals = []

    class Spied(Journal):
        def __init__(self, path):
            super().__init__(path)
            journals.append(self)

    class Large(Scripted):
        def carry_out(self, order):
            return [
                replace(event, report=replace(event.report, warnings=("x" * 50_000,))) if order.name == "b" else event
                for event in super().carry_out(order)
            ]

    result = batch.run({"b": [fill]}, runner=Large, journal=Spied)
    assert result.stopped.fatal
    assert "database or disk is full" in result.stopped.message
    assert statuses(result) == "ddpp"
    assert batch.statuses()["b"] == "running"
    assert statuses(batch.run(runner=Worker)) == "dddd"
    assert (batch.output_dir.parent / "worked").read_text() == "cd"


def test_what_could_not_be_written_is_written_with_the_next_entry(batch):
    class Flaky(Journal):
        def put(self, rows, reports=()):
            rows = list(rows)
            if [row.status for row in rows] == ["done"] and rows[0].name == "a":
                raise OutputError("cannot write the journal: disk is full")
            super().put(rows, reports)

    result = batch.run(journal=Flaky)
    assert result.stopped.message == "cannot write the journal: disk is full"
    assert statuses(result) == "dppp"
    assert batch.statuses()["a"] == "done"
    assert batch.run().outcomes[0].report.statistics == {"frames": 1}


def test_what_could_not_be_written_is_written_at_the_end(batch):
    class Flaky(Journal):
        failures = iter([OutputError("cannot write the journal: disk is full")])

        def put(self, rows, reports=()):
            rows = list(rows)
            if rows[0].status == "done":
                for error in self.failures:
                    raise error
            super().put(rows, reports)

    batch.orders = batch.orders[:1]
    assert batch.run(journal=Flaky).stopped.kind == "output"
    assert batch.statuses() == {"a": "done"}


def test_nothing_begins_that_is_not_written_down_first(batch):
    class Flaky(Journal):
        def put(self, rows, reports=()):
            rows = list(rows)
            if rows[0].name == "b":
                raise OutputError("cannot write the journal: disk is full")
            super().put(rows, reports)

    result = batch.run(journal=Flaky)
    assert result.stopped.message == "cannot write the journal: disk is full"
    assert statuses(result) == "dppp"
    assert batch.runner.at_work == ["a"]
    assert "b" not in batch.runner.submitted


def test_a_file_that_changes_before_it_is_begun_is_not_taken_for_the_earlier_one(batch):
    batch.run()
    batch.orders = [replace(order, key="new") for order in batch.orders[:2]]
    planned = batch.plan()
    batch.orders[0].item.video.write_text("changed")
    batch.run({"a": ["Ctrl-C"]}, planned=planned)
    assert [batch.rows()[name].fingerprint for name in "ab"] == ["", "sha256:b"]


def test_results_of_an_earlier_file_are_never_taken_for_those_of_a_new_one(batch):
    batch.run()
    batch.orders[1].item.video.write_text("changed")
    batch.run({"b": ["Ctrl-C"]})
    assert statuses(batch.run({"b": ["Ctrl-C"]})) == "dpdd"
    assert batch.runner.submitted == ["b"]


def test_a_journal_that_cannot_be_written_at_all_begins_nothing(batch):
    class Full(Journal):
        def begin_run(self, facts, rows, reports):
            raise OutputError("cannot write the journal: disk is full")

    with pytest.raises(OutputError):
        batch.run(journal=Full)
    assert batch.runner.submitted == []


def test_the_checkpoint_is_written_at_the_interval(batch):
    counts = []
    look = [lambda: counts.append(len(batch.checkpoint()["completed_videos"]))]
    batch.run(dict.fromkeys("abcd", look), RetryPolicy(checkpoint_interval=2))
    assert counts == [0, 0, 2, 2]


class Silent(Journal):
    """Takes what it is told without a word on the disk: what a journal costs is not asked here."""

    def put(self, rows, reports=()):
        pass


class Instant(Scripted):
    """Is done at once, and publishes nothing."""

    def carry_out(self, order):
        return [Finished(Report(order.name, None, self.output_dir / order.name, "sha256:1"))]


def bytes_written(folder, videos, monkeypatch):
    """Return how many bytes a batch of so many videos writes into the files that it replaces as a whole."""
    written = []

    def spied(target, content):
        written.append(len(content))
        write_durably(target, content)

    monkeypatch.setattr(checkpoint_module, "write_durably", spied)
    folder.mkdir()
    batch = Batch(folder, [f"{number:05}" for number in range(videos)])
    assert set(statuses(batch.run(runner=Instant, journal=Silent))) == {"d"}
    assert len(batch.checkpoint()["completed_videos"]) == videos
    return sum(written)


def test_what_the_checkpoint_costs_grows_with_the_batch_and_not_with_its_square(tmp_path, monkeypatch):
    small, large = (bytes_written(tmp_path / str(videos), videos, monkeypatch) for videos in (500, 5000))
    assert large < 12 * small


@given(st.integers(1, 200_000), st.integers(1, 500))
def test_the_checkpoint_is_written_often_at_first_and_never_too_often(videos, interval):
    written = [interval]
    while written[-1] < videos:
        written.append(next_write(written[-1], videos, interval))
    gaps = [after - before for before, after in pairwise(written)]
    assert all(interval <= gap <= max(interval, -(-videos // REWRITES)) for gap in gaps)
    assert gaps == sorted(gaps)
    assert sum(gap > interval for gap in gaps) <= REWRITES + math.log2(videos)


def test_an_interrupted_batch_leaves_a_checkpoint_of_that_moment(batch):
    batch.run({"b": [BROKEN], "c": ["Ctrl-C"]}, RetryPolicy(checkpoint_interval=1000))
    assert batch.checkpoint()["counts"] == {"all": 4, "done": 1, "failed": 1, "pending": 2}
    assert [row["id"] for row in batch.failures()] == ["b"]


@pytest.mark.parametrize("lost", [(), (JOURNAL,)], ids=["with the journal", "with the checkpoint alone"])
def test_from_a_checkpoint_that_is_far_behind_nothing_is_done_twice(batch, lost):
    path, early = batch.output_dir / CHECKPOINT, []
    batch.run({"d": [lambda: early.append(path.read_bytes())]}, RetryPolicy(checkpoint_interval=1000), runner=Worker)
    path.write_bytes(early[0])  # as a kill leaves it
    assert batch.checkpoint()["counts"] == {"all": 4, "pending": 4}
    for name in lost:
        (batch.output_dir / name).unlink()
    assert [name for name, _ in resumption(path).items] == list("abcd")
    assert statuses(batch.run(runner=Worker)) == "dddd"
    assert (batch.output_dir.parent / "worked").read_text() == "abcd"
    assert batch.checkpoint()["counts"] == {"all": 4, "done": 4}


def test_log_records_of_workers_are_logged_here(batch, tmp_path, caplog):
    class Talking(Scripted):
        def carry_out(self, order):
            said = Logged(order.name, logging.WARNING, "slceleb_core.media", "dark", "use a light", "Traceback: deep")
            return [said, *super().carry_out(order)]

    file = LogFile(tmp_path / "log", print)
    logging.getLogger().addHandler(file)
    batch.orders = batch.orders[:1]
    batch.run(runner=Talking)
    logging.getLogger().removeHandler(file)
    file.close()
    record = next(logged for logged in caplog.records if logged.name == "slceleb_core.media")
    assert (record.getMessage(), record.levelname, record.hint) == ("a: dark", "WARNING", "use a light")
    assert "a: dark (use a light)\nTraceback: deep" in (tmp_path / "log").read_text()


def test_a_runner_without_room_for_the_moment_is_waited_for(batch):
    class Growing(Scripted):
        def wait(self, seconds):
            self.slots = 1 if self.clock.now() > 1050 else 0
            return super().wait(seconds)

    class Starting(Growing):
        slots = 0

        def __init__(self, *arguments):
            super().__init__(*arguments, slots=0)

    assert statuses(batch.run(runner=Starting)) == "dddd"


def test_events_of_unknown_orders_are_no_harm(batch):
    class Late(Scripted):
        def carry_out(self, order):
            events = super().carry_out(order)
            return [*events, *events, Lost(order.name, "late"), Progressed(order.name, 1, 0.0, None, "", {})]

    assert statuses(batch.run(runner=Late)) == "dddd"
    assert batch.statuses() == dict.fromkeys("abcd", "done")


def test_a_runner_that_gives_up_is_the_users_to_mend(batch):
    class Gone(Scripted):
        def wait(self, seconds):
            raise UsageError("the cluster is gone")

    with pytest.raises(UsageError):
        batch.run(runner=Gone)
    assert batch.statuses() == dict.fromkeys("abcd", "pending")


# ---- killed at any moment -------------------------------------------------------------------------------------------


class Dying:
    """Ends the process, as a kill does, at the n-th of the steps that it is told of."""

    def __init__(self, steps):
        self.left = steps

    def step(self):
        self.left -= 1
        if self.left < 0:
            os._exit(9)


def killed_run(batch, script, steps):
    """Run the batch in a process that dies after so many steps; return whether it came to its end before."""
    pid = os.fork()
    if pid == 0:
        gc.disable()  # libav's objects that earlier tests have left would wait for their threads, which a copy has not
        dying = Dying(steps)

        class Mortal(Journal):
            def put(self, rows, reports=()):
                dying.step()
                super().put(rows, reports)
                dying.step()

            def begin_run(self, facts, rows, reports):
                dying.step()
                super().begin_run(facts, rows, reports)
                dying.step()

        class Frail(Worker):
            def carry_out(self, order):
                dying.step()
                events = super().carry_out(order)
                dying.step()
                return events

        try:
            batch.run(script, RetryPolicy(retries=1, checkpoint_interval=2), runner=Frail, journal=Mortal)
            os._exit(0)
        except BaseException:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, 9)
    return code == 0


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_lost_or_done_twice_however_often_it_is_killed(tmp_path, seed):
    chance = random.Random(seed)
    names = "abcdefgh"
    batch = Batch(tmp_path, names)
    script = {"c": [BROKEN], "e": ["crash", "done"], "g": [PASSING, "done"]}
    in_flight = Counter()
    while not killed_run(batch, script, chance.randrange(1, 25)):
        known = remembered(batch.output_dir).rows
        tried = [name for name, row in known.items() if row.status == "pending" and row.attempts]
        in_flight.update([*tried, *(name for name, row in known.items() if row.status == "running")])
        if chance.random() < 0.2:
            (batch.output_dir / JOURNAL).unlink(missing_ok=True)
            in_flight.update(name for name, row in known.items() if row.status in ("done", "failed"))
    result = batch.run(script, runner=Worker)
    assert statuses(result) == "ddfddddd"
    assert batch.runner.submitted == []
    worked = Counter((tmp_path / "worked").read_text())
    attempts = dict.fromkeys(names, 1) | {"e": 2, "g": 2}
    for name in names:
        assert attempts[name] <= worked[name] <= attempts[name] * (1 + in_flight[name])
    done = [name for name in names if name != "c"]
    assert sorted(p.name for p in batch.output_dir.iterdir() if not p.name.startswith(".") and p.is_dir()) == done
    assert [video["name"] for video in batch.checkpoint()["completed_videos"]] == done
    assert [name for name, _ in resumption(batch.output_dir / CHECKPOINT).items] == list(names)
    assert sqlite3.connect(batch.output_dir / JOURNAL).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_the_program_was_at_fault_for_is_tried_once_more_by_a_changed_program(batch):
    batch.program = "old"
    assert statuses(batch.run({"b": [BUG]})) == "dfdd"
    assert statuses(batch.run()) == "dfdd"  # the same program: nothing is tried
    assert batch.runner.submitted == []
    batch.program = "new"
    assert statuses(batch.run({"b": [BUG]})) == "dfdd"
    assert batch.runner.submitted == ["b"]
    assert statuses(batch.run()) == "dfdd"
    assert batch.runner.submitted == []
    batch.program = "newer"
    (planned,) = [video for video in batch.plan() if video.outcome.status == "pending"]
    assert (planned.order.name, planned.row.reason) == ("b", "the program has changed since it failed")
    assert statuses(batch.run()) == "dddd"


def test_a_changed_program_does_not_try_again_what_the_file_is_at_fault_for(batch):
    batch.program = "old"
    batch.run({"b": [BROKEN]})
    batch.program = "new"
    assert statuses(batch.run()) == "dfdd"
    assert batch.runner.submitted == []


@pytest.mark.parametrize("lost", [(), (JOURNAL,)], ids=["with the journal", "with the checkpoint alone"])
def test_which_program_failed_is_remembered(batch, lost):
    batch.program = "old"
    batch.run({"b": [BUG]})
    for name in lost:
        (batch.output_dir / name).unlink()
    assert remembered(batch.output_dir).rows["b"].fault.program == "old"

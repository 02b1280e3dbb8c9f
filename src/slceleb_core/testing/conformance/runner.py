"""What a runner must do."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from slceleb_core.batch.worker import Worker
from slceleb_core.disk.removals import KeptOut
from slceleb_core.jobs import Began, Finished, Logged, Lost, Progressed, Report
from slceleb_core.runners import Runner
from slceleb_core.testing.conformance.common import StageConformance
from slceleb_core.testing.driving import PATIENCE, Play, eventually, gone, name_of
from slceleb_core.testing.plays import Theatre


class RunnerConformance(StageConformance):
    """The contract of ``Runner``.

    ``patience``
        Seconds after which something that ought to happen is taken for something that does not; more where processes
        start slowly.

    Fixture ``theatre``: videos that play parts (``slceleb_core.testing.plays``). Processes of the runner find the
    plugin for it through ``PYTHONPATH``, which is set while the test lasts: start machines that outlive a test after
    that, or give them `theatre.site` in another way.
    """

    stage: ClassVar[type[Runner]]
    patience: ClassVar[float] = PATIENCE

    @pytest.fixture
    def theatre(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Theatre:
        """Return the theatre, its plugin visible to this process and to those that it starts."""
        theatre = Theatre(tmp_path / "theatre")
        monkeypatch.syspath_prepend(theatre.site)
        inherited = os.environ.get("PYTHONPATH")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(theatre.site), inherited])))
        return theatre

    @pytest.fixture
    def play(self, theatre: Theatre, opened: Runner) -> Iterator[Play]:
        """Yield a runner at work with two workers."""
        opened.begin(theatre.job(), workers=2)
        yield Play(opened, self.patience)
        opened.close()

    @pytest.fixture
    def alone(self, theatre: Theatre, opened: Runner) -> Iterator[Play]:
        """Yield a runner at work with one worker."""
        opened.begin(theatre.job(), workers=1)
        yield Play(opened, self.patience)
        opened.close()

    def needs_processes(self) -> None:
        """Skip the test for a runner that works in this process."""
        if not self.stage.isolated:
            pytest.skip("orders are carried out in this process")

    def test_each_order_ends_once(self, play: Play, theatre: Theatre) -> None:
        """Good and bad ones; results stand where the report says."""
        good = [theatre.order(name=f"good-{n}") for n in range(4)]
        bad, gone = theatre.order("raises", "bad"), theatre.order(name="gone")
        gone.item.video.unlink()
        play.submit(good[0], bad, gone, *good[1:])
        play.finish()
        counts = Counter(name_of(event) for event in play.events if isinstance(event, (Finished, Lost)))
        assert counts == {order.name: 1 for order in (*good, bad, gone)}
        for order in good:
            report = play.report(order)
            assert report.fault is None
            assert report.folder == theatre.output / order.name
            assert (theatre.output / order.name / "result.json").is_file()
        assert _fault_kind(play.report(bad)) == "unexpected"
        assert _fault_kind(play.report(gone)) == "video"
        assert not (theatre.output / "bad").exists()

    def test_events_come_in_order(self, play: Play, theatre: Theatre) -> None:
        """Of each order: it begins, it goes on, it ends, and nothing comes after that."""
        orders = [theatre.order(name=f"video-{n}") for n in range(3)]
        play.submit(*orders)
        play.finish()
        for order in orders:
            own = [event for event in play.events if name_of(event) == order.name and not isinstance(event, Logged)]
            assert isinstance(own[0], Began)
            assert own[0].where
            assert isinstance(own[-1], Finished)
            between = own[1:-1]
            assert between, "not one sign of life"
            assert all(isinstance(event, Progressed) for event in between)
            frames = [event.frames for event in between if isinstance(event, Progressed)]
            assert frames == sorted(frames)

    def test_a_result_is_that_of_a_worker(self, alone: Play, theatre: Theatre) -> None:
        """Whoever carries an order out, wherever: the same."""
        order = theatre.order()
        alone.submit(order)
        alone.finish()
        there = alone.report(order)
        with Worker(theatre.job(output_dir=theatre.output.with_name("elsewhere"))) as worker:
            here = worker.process(order, lambda _: None)
        assert _lasting(there) == _lasting(here)
        assert there.segments

    def test_no_more_than_the_workers_asked_for_are_at_work(self, play: Play, theatre: Theatre) -> None:
        """Orders beyond that wait, so that nobody idles between two."""
        assert play.runner.slots >= 1
        play.submit(*(theatre.order(name=f"video-{n}") for n in range(5)))
        play.finish()
        at_work = most = 0
        for event in play.events:
            at_work += isinstance(event, Began) - isinstance(event, (Finished, Lost))
            most = max(most, at_work)
        assert most <= 2

    def test_two_workers_work_at_the_same_time(self, play: Play, theatre: Theatre) -> None:
        """Each of two videos waits until the other has been begun."""
        self.needs_processes()
        one, other = theatre.order("waits", "one"), theatre.order("waits", "other")
        play.submit(one, other)
        play.until(lambda: theatre.process_of(one) and theatre.process_of(other), "both under way")
        assert theatre.process_of(one) != theatre.process_of(other)
        theatre.go(one)
        theatre.go(other)
        play.finish()
        assert play.report(one).fault is None
        assert play.report(other).fault is None

    def test_a_crash_costs_one_order(self, alone: Play, theatre: Theatre) -> None:
        """Those before and after it are carried out, and the reason is told."""
        self.needs_processes()
        before, after = theatre.order(name="before"), theatre.order(name="after")
        crashes = [theatre.order(part, part) for part in ("segfault", "killed", "exits")]
        alone.submit(before, *crashes, after)
        alone.finish()
        for crash in crashes:
            end = alone.ends()[crash.name]
            assert isinstance(end, Lost)
            assert end.reason
            assert not (theatre.output / crash.name).exists()
        assert alone.report(before).fault is None
        assert alone.report(after).fault is None

    def test_a_lost_order_can_be_given_again(self, alone: Play, theatre: Theatre) -> None:
        """A second attempt is an order like any other; its events come after those of the first."""
        self.needs_processes()
        order = theatre.order("killed")
        alone.submit(order)
        alone.finish()
        theatre.order("plays").item.video.replace(order.item.video.with_suffix(".again.mkv"))
        again = replace(order, item=replace(order.item, video=order.item.video.with_suffix(".again.mkv")), attempt=2)
        alone.events.clear()
        alone.submit(again)
        alone.finish()
        assert alone.report(again).fault is None

    def test_cancelling_stops_an_order_that_hangs(self, play: Play, theatre: Theatre) -> None:
        """Also in native code that never comes back to Python; the others go on."""
        self.needs_processes()
        hanging, other = theatre.order("hangs", "hanging"), theatre.order(name="other")
        play.submit(hanging, other)
        play.until(lambda: theatre.process_of(hanging), "the order that hangs")
        play.runner.cancel("hanging")
        play.finish()
        assert isinstance(play.ends()["hanging"], Lost)
        assert play.report(other).fault is None
        assert gone(theatre.process_of(hanging))
        play.submit(last := theatre.order(name="last"))
        play.finish()
        assert play.report(last).fault is None

    def test_cancelling_drops_an_order_that_waits(self, alone: Play, theatre: Theatre) -> None:
        """It is lost without having been begun, and leaves no trace."""
        first, second = theatre.order("waits", "first"), theatre.order(name="second")
        theatre.go(first)
        if alone.runner.slots < 2:
            pytest.skip("holds no order that waits")
        alone.runner.submit(first)
        alone.runner.submit(second)
        alone.runner.cancel("second")
        alone.until(lambda: len(alone.ends()) == 2, "the end of both")
        assert isinstance(alone.ends()["second"], Lost)
        assert not alone.begun(second)
        assert alone.report(first).fault is None
        assert not (theatre.output / "second").exists()

    def test_cancelling_what_has_ended_does_nothing(self, alone: Play, theatre: Theatre) -> None:
        """An order that has just finished stays finished; nothing is told twice."""
        order = theatre.order()
        alone.submit(order)
        alone.finish()
        told = len(alone.events)
        alone.runner.cancel(order.name)
        alone.submit(later := theatre.order(name="later"))
        alone.finish()
        assert not [event for event in alone.events[told:] if name_of(event) == order.name]
        assert alone.report(order).fault is None
        assert alone.report(later).fault is None

    def test_cancelling_hits_no_other_order(self, alone: Play, theatre: Theatre) -> None:
        """An order that ends while it is being cancelled does not take the next one with it."""
        self.needs_processes()
        order, later = theatre.order(name="order"), theatre.order(name="later")
        alone.submit(order)
        assert eventually(lambda: (theatre.output / "order").exists(), self.patience)
        alone.runner.cancel("order")
        alone.submit(later)
        alone.finish()
        assert alone.report(later).fault is None

    def test_what_is_lost_is_not_published_later(self, alone: Play, theatre: Theatre) -> None:
        """After its ``Lost``, nothing of an order goes on."""
        self.needs_processes()
        order = theatre.order("waits")
        alone.submit(order)
        alone.until(lambda: theatre.process_of(order), "the order under way")
        alone.runner.cancel(order.name)
        alone.finish()
        assert gone(theatre.process_of(order))
        theatre.go(order)
        alone.submit(later := theatre.order(name="later"))
        alone.finish()
        assert alone.report(later).fault is None
        assert not (theatre.output / order.name).exists()

    def test_log_records_come_with_their_order(self, alone: Play, theatre: Theatre) -> None:
        """A warning of a stage reaches whoever keeps the log."""
        self.needs_processes()
        order = theatre.order("warns")
        alone.submit(order)
        alone.finish()
        records = [
            event for event in alone.events if isinstance(event, Logged) and "the light is poor" in event.message
        ]
        assert [(record.name, record.hint) for record in records] == [(order.name, "open the curtains")]

    def test_a_removed_video_does_not_come_back(self, theatre: Theatre, opened: Runner) -> None:
        """A copy under another name is refused before it is looked at; the others are carried out."""
        copy, other = theatre.order(name="copy"), theatre.order(name="other")
        theatre.change(copy)
        theatre.remove_video(copy)
        opened.begin(theatre.job(kept_out=KeptOut.of(theatre.output)), workers=1)
        play = Play(opened, self.patience)
        play.submit(copy, other)
        play.finish()
        _demand_refused(play.report(copy), "this file was removed", fatal=False)
        assert theatre.process_of(copy) is None
        assert not (theatre.output / "copy").exists()
        assert play.report(other).fault is None

    def test_removed_people_do_not_come_back(self, theatre: Theatre, opened: Runner) -> None:
        """Photos of somebody who was removed stop the batch, whoever is looked for."""
        theatre.remove_person("Bo")
        opened.begin(theatre.job(poi_dir=theatre.photos(), kept_out=KeptOut.of(theatre.output)), workers=1)
        play = Play(opened, self.patience)
        play.submit(order := theatre.order())
        play.finish()
        _demand_refused(play.report(order), "Bo was removed", fatal=True)
        assert theatre.process_of(order) is None
        assert not (theatre.output / order.name).exists()

    def test_what_is_removed_meanwhile_does_not_come_in(self, theatre: Theatre, opened: Runner) -> None:
        """Whoever moves results into place asks once more, right before that."""
        self.needs_processes()
        opened.begin(theatre.job(poi_dir=theatre.photos()), workers=1)
        play = Play(opened, self.patience)
        video, person = theatre.order("waits", "video"), theatre.order("waits", "person")
        theatre.change(video)
        removals = (partial(theatre.remove_video, video), partial(theatre.remove_person, "Bo"))
        for order, remove in zip((video, person), removals, strict=True):
            play.submit(order)
            play.until(partial(theatre.process_of, order), f"{order.name} under way")
            remove()
            theatre.go(order)
            play.finish()
            assert not (theatre.output / order.name).exists()
        _demand_refused(play.report(video), "this file was removed", fatal=False)
        _demand_refused(play.report(person), "Bo was removed", fatal=True)

    def test_waiting_for_nothing_ends(self, alone: Play) -> None:
        """Nothing is under way: it comes back in time, with nothing."""
        begin = time.monotonic()
        assert not [event for event in alone.runner.wait(0.05) if not isinstance(event, Logged)]
        assert time.monotonic() - begin < self.patience / 2

    def test_closing_leaves_nobody_behind(self, play: Play, theatre: Theatre) -> None:
        """Also when one hangs, and another is at work; a second time it does nothing."""
        self.needs_processes()
        orders = [theatre.order("hangs", "hanging"), theatre.order("waits", "waiting")]
        play.submit(*orders)
        play.until(lambda: all(theatre.process_of(order) for order in orders), "both under way")
        play.runner.close()
        assert all(gone(theatre.process_of(order)) for order in orders)
        play.runner.close()
        for order in orders:
            theatre.go(order)
            assert not (theatre.output / order.name).exists()

    def test_opens_again_after_closing(self, alone: Play, theatre: Theatre) -> None:
        """A closed runner can be opened once more."""
        alone.submit(theatre.order(name="first"))
        alone.finish()
        alone.runner.close()
        self.open(alone.runner)
        alone.runner.begin(theatre.job(), workers=1)
        alone.submit(second := theatre.order(name="second"))
        alone.finish()
        assert alone.report(second).fault is None


def _fault_kind(report: Report) -> str | None:
    return None if report.fault is None else report.fault.kind


def _demand_refused(report: Report, words: str, *, fatal: bool) -> None:
    """Demand that an order was refused as a worker refuses what was removed."""
    assert report.fault is not None, f"{report.name} came in"
    assert (report.fault.kind, report.fault.fatal, report.folder) == ("usage", fatal, None)
    assert words in report.fault.message


def _lasting(report: Report) -> dict[str, object]:
    """Return what two runs on the same video must have in common."""
    return {
        "name": report.name,
        "fault": report.fault,
        "fingerprint": report.fingerprint,
        "warnings": report.warnings,
        "segments": report.segments,
        "duration": report.duration,
        "frames": report.statistics["frames"],
    }

"""Runs a batch: hands orders to a runner, and decides what follows from each thing that happens.

It decides when a video is tried again, when it is given up, and when the batch stops; :class:`Ledger` writes it down,
before work begins and right after it ends.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from slceleb_core.batch.batch_logging import SafeWatcher, WorkerLogs, log_fault, log_retry
from slceleb_core.batch.checkpoint import State
from slceleb_core.batch.journal import Journal, RunFacts
from slceleb_core.batch.ledger import Ledger
from slceleb_core.batch.order_queue import OrderQueue
from slceleb_core.batch.outcomes import BatchResult, Watcher
from slceleb_core.batch.planning import Planned
from slceleb_core.batch.retrying import Clock, RetryPolicy, SystemClock
from slceleb_core.batch.signals import Interruption
from slceleb_core.jobs import Began, Event, Fault, Finished, Logged, Lost, Order, Progressed, Report
from slceleb_core.runners import Runner

log = logging.getLogger(__name__)

TICK = 0.5
"""Seconds between two looks at the clock: watchers are promised one a second."""


def run_batch(
    planned: Sequence[Planned],
    runner: Runner,
    journal: Journal,
    policy: RetryPolicy,
    watcher: Watcher,
    facts: RunFacts,
    clock: Clock | None = None,
) -> BatchResult:
    """Carry out what is pending, and return what became of every video.

    Parameters
    ----------
    planned
        Every video of the batch (``planning.plan``); the pending ones are carried out, in order.
    runner
        Has begun; it is closed where orders are left in its hands, and else left as it is.
    journal
        Where everything is written down, and no other process writes.
    policy
        How patient to be.
    watcher
        Told of everything.
    facts
        Written down of the run, in the journal and the checkpoint.
    clock
        What time is measured with; None: the machine's.

    Raises
    ------
    OutputError
        The journal cannot be written at the start; nothing has been begun.
    """
    told = SafeWatcher(watcher)
    ledger = Ledger(planned, journal, facts, told, policy.checkpoint_interval)
    ledger.open()
    pending = [video.order for video in planned if video.outcome.status == "pending"]
    return _Coordinator(ledger, pending, runner, policy, told, clock or SystemClock()).run()


@dataclass(slots=True)
class _Attempt:
    """An order in the runner's hands.

    Attributes
    ----------
    order
        The order.
    began
        When somebody began to work on it; None: nobody has.
    alive
        When the last sign of life came.
    verdict
        Why it was cancelled; None: it was not.
    """

    order: Order
    began: float | None = None
    alive: float = 0.0
    verdict: Fault | None = None


class _Coordinator:
    def __init__(
        self,
        ledger: Ledger,
        orders: Sequence[Order],
        runner: Runner,
        policy: RetryPolicy,
        watcher: Watcher,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._runner = runner
        self._policy = policy
        self._watcher = watcher
        self._relay = WorkerLogs()
        self._clock = clock
        self._queue = OrderQueue(orders)
        self._attempts: dict[str, _Attempt] = {}
        self._fatal: Fault | None = None
        self._since = clock.now()  # when the last wait began: what it tells has happened after that
        self._interruption = Interruption()

    @property
    def _stopped(self) -> Fault | None:
        """Why nothing more is to be begun; None: it is."""
        return self._fatal or self._ledger.trouble

    def run(self) -> BatchResult:
        interrupted = False
        with self._interruption.listening(), self._nothing_left():
            try:
                while self._attempts or (self._queue and self._stopped is None):
                    self._turn()
            except KeyboardInterrupt:
                interrupted = True
                self._let_go("interrupted")
            self._ledger.close(self._state(interrupted=interrupted))
        return BatchResult(self._ledger.outcomes(), interrupted, self._stopped)

    def _state(self, *, interrupted: bool) -> State:
        if interrupted:
            return "interrupted"
        return "finished" if self._stopped is None else "stopped"

    @contextmanager
    def _nothing_left(self) -> Iterator[None]:
        """Leave no order in the runner's hands, and the books in order, also where the program is at fault."""
        try:
            yield
        except BaseException:
            self._let_go("the program stopped")
            self._ledger.close("stopped")
            raise

    def _turn(self) -> None:
        self._hand_over()
        self._since = self._clock.now()
        with self._interruption.waiting():
            events = self._wait()
        for event in events:
            self._take(event)
        self._call_off()
        self._watcher.tick()

    def _hand_over(self) -> None:
        while self._stopped is None and len(self._attempts) < self._runner.slots:
            order = self._queue.take(self._clock.now())
            if order is None:
                return
            if not self._ledger.begun(order):
                self._ledger.put_back(order, "not begun")
                return
            self._attempts[order.name] = _Attempt(order)
            self._runner.submit(order)

    def _wait(self) -> list[Event]:
        if self._attempts:
            return self._runner.wait(TICK)
        self._clock.sleep(TICK)  # all that is left is to be tried again later, or there is no room at present
        return self._runner.wait(0.0)

    def _take(self, event: Event) -> None:
        self._watcher.happened(event)
        if isinstance(event, Logged):
            self._relay(event)
        elif isinstance(event, Finished):
            self._finish(event.report)
        elif isinstance(event, Lost):
            self._lose(event)
        else:
            self._notice(event)

    def _notice(self, event: Began | Progressed) -> None:
        attempt = self._attempts.get(event.name)
        if attempt is not None:
            attempt.alive = self._clock.now()
            if attempt.began is None:
                attempt.began = self._since

    def _finish(self, report: Report) -> None:
        attempt = self._attempts.pop(report.name, None)
        if attempt is None:
            log.debug("%s ended a second time", report.name)
        elif report.fault is None:
            self._ledger.done(attempt.order, report, self._seconds(attempt))
        else:
            self._fail(attempt, report.fault, report.fingerprint)

    def _lose(self, event: Lost) -> None:
        attempt = self._attempts.pop(event.name, None)
        if attempt is None:
            log.debug("%s was lost after its end", event.name)
            return
        hint = "if it happens again with this video, leave the video out; if with many, use fewer --jobs"
        lost = Fault("lost", f"worker lost: {event.reason}", hint, transient=True)
        self._fail(attempt, attempt.verdict or lost, "")

    def _fail(self, attempt: _Attempt, fault: Fault, fingerprint: str) -> None:
        order = attempt.order
        if fault.fatal:
            self._fatal = self._fatal or fault
            self._ledger.put_back(order, fault.message)
        elif fault.transient and order.attempt <= self._policy.retries:
            log_retry(order.name, fault)
            self._ledger.put_back(order, fault.message)
            pause = 0.0 if fault.kind == "lost" else self._policy.pause_after(order.attempt)
            self._queue.add(replace(order, attempt=order.attempt + 1), self._clock.now() + pause)
        else:
            log_fault(order.name, fault)
            self._ledger.failed(order, fault, fingerprint, self._seconds(attempt))

    def _seconds(self, attempt: _Attempt) -> float:
        return 0.0 if attempt.began is None else self._clock.now() - attempt.began

    def _call_off(self) -> None:
        """Cancel what takes too long, or is not to be begun any more; that it is lost comes as an event."""
        for attempt in self._attempts.values():
            if attempt.verdict is None:
                attempt.verdict = self._stopped if attempt.began is None else self._overdue(attempt)
                if attempt.verdict is not None:
                    self._runner.cancel(attempt.order.name)

    def _overdue(self, attempt: _Attempt) -> Fault | None:
        limit, stall = self._policy.timeout, self._policy.stall
        silent = self._clock.now() - attempt.alive
        if limit is not None and self._seconds(attempt) > limit:
            return Fault("timeout", f"not done within {limit:g} s", "allow it more time, or leave the video out")
        if silent > stall:
            return Fault("timeout", f"no sign of life for {stall:g} s", "look at the file; a rerun tries it again")
        return None

    def _let_go(self, reason: str) -> None:
        """Stop everybody, and put back what they were working on."""
        try:
            self._runner.close()
        finally:
            for attempt in self._attempts.values():
                self._ledger.put_back(attempt.order, reason)
            self._attempts.clear()

"""Orders on their way to the actors, and what becomes of them on their way back."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

from slceleb_core.batch import fault_from, refuse_report
from slceleb_core.disk import statement_of
from slceleb_core.errors import SlcelebError, UsageError
from slceleb_core.jobs import Began, Event, Finished, Logged, Lost, Order, Progressed, Report
from slceleb_runner_ray.actor_pool import GOING, ActorHandle, ActorPool
from slceleb_runner_ray.delivery import Delivery
from slceleb_runner_ray.nodes import INTERVAL, Nodes
from slceleb_runner_ray.slot import Answer
from slceleb_runner_ray.wording import is_own_fault, why

CANCELLED = "cancelled"

MAIL = 10.0
"""Seconds that the mailbox is given to answer; it takes milliseconds unless its process has to be started anew."""


class Dispatch:
    """Gives orders to whoever is idle and turns answers, deaths and messages into events.

    Parameters
    ----------
    pool
        Who works.
    nodes
        Where.
    delivery
        Takes results over.
    mailbox
        The actor that workers send their events to.
    patience
        Seconds to go on without a node.
    """

    def __init__(self, pool: ActorPool, nodes: Nodes, delivery: Delivery, mailbox: Any, patience: float) -> None:
        self._pool = pool
        self._nodes = nodes
        self._delivery = delivery
        self._output_dir = delivery.output_dir
        self._mailbox = mailbox
        self._patience = patience
        self._mail: Any = None
        self._waiting: deque[Order] = deque()
        self._events: list[Event] = []
        self._last_room = time.monotonic()

    def submit(self, order: Order) -> None:
        """Take an order."""
        self._waiting.append(order)
        self._hand_out()

    def cancel(self, name: str) -> None:
        """Forget an order that waits; kill whoever works on it."""
        for order in self._waiting:
            if order.name == name:
                self._waiting.remove(order)
                self._events.append(Lost(name, CANCELLED))
                return
        for handle in self._pool.handles:
            if handle.order is not None and handle.order.name == name:
                self._pool.stop(handle, CANCELLED)

    def wait(self, seconds: float) -> list[Event]:
        """Return what has happened; wait for it for so long."""
        end = time.monotonic() + seconds
        while True:
            self._look()
            left = end - time.monotonic()
            if self._events or left <= 0:
                break
            self._listen(min(left, INTERVAL))
        self._listen(0)
        events, self._events = self._events, []
        return events

    def _look(self) -> None:
        """Notice what nobody tells: nodes that come and go, and killed workers that are not heard of."""
        self._nodes.look()
        now = time.monotonic()
        if self._nodes.room:
            self._last_room = now
        elif now - self._last_room > self._patience:
            raise UsageError(
                f"for {self._patience:.0f} s there has been no node of the Ray cluster that can be used",
                "start one, and run the same command again",
            )
        for handle in self._pool.handles:
            if not self._nodes.has(handle.node):
                self._miss(handle)
            if handle.stopped is not None and now - handle.stopped[1] > GOING:
                self._lose(handle, handle.stopped[0])
        self._hand_out()

    def _miss(self, handle: ActorHandle) -> None:
        """Deal with an actor whose node is not there any more."""
        if handle.idle:
            self._pool.give_up(handle)
        else:
            handle.stop("its node died")

    def _hand_out(self) -> None:
        self._pool.scale_up(len(self._waiting))
        for handle in self._pool.handles:
            if self._waiting and handle.idle:
                self._give(handle, self._waiting.popleft())

    def _give(self, handle: ActorHandle, order: Order) -> None:
        handle.order = order
        handle.answer = handle.actor.carry_out.remote(order, statement_of(self._output_dir / order.name))
        self._events.append(Began(order.name, f"{handle.node} ({handle.where})"))

    def _listen(self, seconds: float) -> None:
        """Take in what comes within so many seconds, at least what is there already."""
        if self._mail is None:
            self._mail = self._mailbox.take.remote()
        answers = {handle.answer: handle for handle in self._pool.handles if handle.answer is not None}
        awaited = [self._mail, *answers]
        if not ray.wait(awaited, timeout=seconds)[0]:
            return
        ready, _ = ray.wait(awaited, num_returns=len(awaited), timeout=0)
        self._read()
        for answer in ready:
            if answer in answers:
                self._hear(answers[answer])
        self._hand_out()

    def _read(self) -> None:
        """Take in the mail. Whoever has answered sent its last letter before, so an empty box is answered at once."""
        self._mailbox.wake.remote()
        try:
            messages = ray.get(self._mail, timeout=MAIL)
        except GetTimeoutError:  # its process is being started anew; what it held is lost, but no order depends on it
            return
        self._mail = None
        self._events += [event for slot, event in messages if self._concerns(slot, event)]

    def _concerns(self, slot: str, event: Progressed | Logged) -> bool:
        """Tell whether an event is of an order under way, or of none; one given up may still be talking."""
        handle = self._pool.find(slot)
        if handle is None:
            return False
        return not event.name or (handle.order is not None and handle.order.name == event.name)

    def _hear(self, handle: ActorHandle) -> None:
        """Take in an answer: that somebody is ready, a report, or a death."""
        try:
            answer = ray.get(handle.answer)
        except RayError as error:
            self._nodes.suspect()
            self._lose(handle, why(error))
            if not handle.where and is_own_fault(error):
                self._nodes.blame(handle.node, why(error))
            return
        handle.answer = None
        if isinstance(answer, str):
            handle.where = answer
        elif handle.order is not None:
            order, handle.order = handle.order, None
            self._events.append(Finished(self._accept(answer, order, handle.number)))
        if handle.stopped is not None:  # it was done before it could be killed
            self._pool.give_up(handle)

    def _accept(self, answer: Answer, order: Order, slot: str) -> Report:
        """Move results into place, unless they stand there already, there are none, or they must not come in."""
        report = answer.report
        if report.fault is not None:
            return report
        try:
            refuse_report(self._output_dir, order.item, report)
        except SlcelebError as error:
            self._delivery.discard(report.name, slot)
            return Report(report.name, fault_from(error), fingerprint=report.fingerprint)
        try:
            folder = self._delivery.accept(report.name, slot) if answer.handed_over else None
        except (OSError, SlcelebError) as error:
            return replace(report, fault=fault_from(error), folder=None)
        return replace(report, folder=folder or self._output_dir / report.name)

    def _lose(self, handle: ActorHandle, reason: str) -> None:
        """Part with an actor, and say which order went with it."""
        told = reason if handle.stopped is None else handle.stopped[0]
        self._pool.give_up(handle)
        if handle.order is not None:
            self._events.append(Lost(handle.order.name, f"{told} ({handle.node})"))

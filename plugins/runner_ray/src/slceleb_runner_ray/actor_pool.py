"""The actors of a run: put on nodes when there are orders for them, replaced when they die."""

from __future__ import annotations

import itertools
import logging
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import ray

from slceleb_core.jobs import BatchJob, Order
from slceleb_runner_ray.config import RayConfig
from slceleb_runner_ray.delivery import Delivery
from slceleb_runner_ray.nodes import Node, Nodes, on
from slceleb_runner_ray.slot import Slot

GOING = 5.0
"""Seconds that killed actors are given to be gone."""


@dataclass(slots=True, eq=False)
class ActorHandle:
    """A slot's actor, as the driver sees it.

    Attributes
    ----------
    number
        Names it.
    node
        Where it is.
    actor
        Ray's own handle.
    answer
        What is awaited of it: that it is ready, or its report; None while it is idle.
    where
        Who it is, for people; empty before it is ready.
    order
        What it works on.
    stopped
        Why it has been killed, or must have died, and when that was (monotonic seconds); None unless it has.
    """

    number: str
    node: Node
    actor: Any
    answer: Any
    where: str = ""
    order: Order | None = None
    stopped: tuple[str, float] | None = None

    def stop(self, reason: str) -> None:
        """Note why it is being killed, or must have died."""
        if self.stopped is None:
            self.stopped = (reason, time.monotonic())

    @property
    def idle(self) -> bool:
        """Whether it can be given an order at once."""
        return self.answer is None


class ActorPool:
    """The actors of a run, a slot each.

    Parameters
    ----------
    job
        What the orders share.
    config
        What a worker takes, and how many there may be.
    delivery
        Where each works.
    nodes
        Where they can be put.
    mailbox
        The actor that they send events to.
    workers
        How many the batch wants at most.
    """

    def __init__(
        self, job: BatchJob, config: RayConfig, delivery: Delivery, nodes: Nodes, mailbox: Any, workers: int
    ) -> None:
        threads = job.threads or max(int(config.num_cpus), 1)  # a node has as many workers as these let it have
        self._arguments = (
            replace(job, threads=threads),
            mailbox,
            logging.getLevelName(logging.getLogger().getEffectiveLevel()),
        )
        self._delivery = delivery
        self._nodes = nodes
        self._most = workers if config.max_workers is None else min(workers, config.max_workers)
        self._numbers = itertools.count(1)
        self._handles: dict[str, ActorHandle] = {}
        self._class: Any = ray.remote(Slot)
        self._takes = _takes(config)

    @property
    def handles(self) -> list[ActorHandle]:
        """All that have not been given up."""
        return list(self._handles.values())

    @property
    def room(self) -> int:
        """How many there can be."""
        return min(self._most, self._nodes.room)

    def find(self, number: str) -> ActorHandle | None:
        """Return the handle of an actor by its slot's number; None for one that has been given up."""
        return self._handles.get(number)

    def scale_up(self, orders: int) -> None:
        """Put actors on nodes until there is one for each of so many waiting orders, or no room."""
        free = sum(handle.order is None for handle in self.handles)
        while free < orders and len(self._handles) < self._most and (node := self._roomiest()):
            self._start(node)
            free += 1

    def stop(self, handle: ActorHandle, reason: str) -> None:
        """Kill an actor; that its order is lost is heard of as with any other death."""
        handle.stop(reason)
        ray.kill(handle.actor)

    def give_up(self, handle: ActorHandle) -> None:
        """Part with an actor, dead or alive, and with what it has left."""
        del self._handles[handle.number]
        ray.kill(handle.actor)
        self._delivery.forget(handle.number)

    def close(self) -> None:
        """Kill all, and wait a moment for them to be gone."""
        awaited = [handle.answer for handle in self.handles if handle.answer is not None]
        for handle in self.handles:
            ray.kill(handle.actor)
        self._handles.clear()
        if awaited:
            ray.wait(awaited, num_returns=len(awaited), timeout=GOING)

    def _roomiest(self) -> Node | None:
        """Return the node with the most room left; None when all are full."""
        taken = Counter(handle.node.id for handle in self.handles)
        left = [(node.room - taken[node.id], node) for node in self._nodes.usable]
        most, node = max(left, key=lambda pair: pair[0], default=(0, None))
        return node if most > 0 else None

    def _start(self, node: Node) -> None:
        number = str(next(self._numbers))
        job, mailbox, level = self._arguments
        workplace = self._delivery.workplace(number)
        placed = self._class.options(**self._takes, scheduling_strategy=on(node))
        actor = placed.remote(job, workplace, mailbox, number, level)
        self._handles[number] = ActorHandle(number, node, actor, actor.where.remote())


def _takes(config: RayConfig) -> dict[str, Any]:
    """Return what a slot takes, as options of an actor that dies once and for all."""
    demand = config.demand()
    cpus, gpus, memory = demand.pop("CPU"), demand.pop("GPU", 0), demand.pop("memory", None)
    once = {"max_restarts": 0, "max_task_retries": 0}  # a restarted one would be sent what its predecessor died of
    return {"num_cpus": cpus, "num_gpus": gpus, "memory": memory, "resources": demand, **once}

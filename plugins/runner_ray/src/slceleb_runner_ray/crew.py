"""Who works: slots on nodes, put there when there is an order for them, replaced when they die."""

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
"""Seconds that killed workers are given to be gone."""


@dataclass(slots=True, eq=False)
class Member:
    """A slot, as the driver sees it.

    Attributes
    ----------
    number
        Names it.
    node
        Where it is.
    actor
        Ray's handle.
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


class Crew:
    """The slots of a run.

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
        self._members: dict[str, Member] = {}
        self._class: Any = ray.remote(Slot)
        self._takes = _takes(config)

    @property
    def members(self) -> list[Member]:
        """All that have not been given up."""
        return list(self._members.values())

    @property
    def room(self) -> int:
        """How many there can be."""
        return min(self._most, self._nodes.room)

    def find(self, number: str) -> Member | None:
        """Return a member by number; None for one that has been given up."""
        return self._members.get(number)

    def staff(self, orders: int) -> None:
        """Put slots on nodes until there is one for each of so many waiting orders, or no room."""
        free = sum(member.order is None for member in self.members)
        while free < orders and len(self._members) < self._most and (node := self._roomiest()):
            self._hire(node)
            free += 1

    def stop(self, member: Member, reason: str) -> None:
        """Kill a member; that its order is lost is heard of as with any other death."""
        member.stop(reason)
        ray.kill(member.actor)

    def give_up(self, member: Member) -> None:
        """Part with a member, dead or alive, and with what it has left."""
        del self._members[member.number]
        ray.kill(member.actor)
        self._delivery.forget(member.number)

    def close(self) -> None:
        """Kill all, and wait a moment for them to be gone."""
        awaited = [member.answer for member in self.members if member.answer is not None]
        for member in self.members:
            ray.kill(member.actor)
        self._members.clear()
        if awaited:
            ray.wait(awaited, num_returns=len(awaited), timeout=GOING)

    def _roomiest(self) -> Node | None:
        """Return the node with the most room left; None when all are full."""
        taken = Counter(member.node.id for member in self.members)
        left = [(node.room - taken[node.id], node) for node in self._nodes.usable]
        most, node = max(left, key=lambda pair: pair[0], default=(0, None))
        return node if most > 0 else None

    def _hire(self, node: Node) -> None:
        number = str(next(self._numbers))
        job, mailbox, level = self._arguments
        workplace = self._delivery.workplace(number)
        placed = self._class.options(**self._takes, scheduling_strategy=on(node))
        actor = placed.remote(job, workplace, mailbox, number, level)
        self._members[number] = Member(number, node, actor, actor.where.remote())


def _takes(config: RayConfig) -> dict[str, Any]:
    """Return what a slot takes, as options of an actor that dies once and for all."""
    demand = config.demand()
    cpus, gpus, memory = demand.pop("CPU"), demand.pop("GPU", 0), demand.pop("memory", None)
    once = {"max_restarts": 0, "max_task_retries": 0}  # a restarted one would be sent what its predecessor died of
    return {"num_cpus": cpus, "num_gpus": gpus, "memory": memory, "resources": demand, **once}

"""The nodes of the cluster: which there are, which can be used, how many workers each has room for."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from slceleb_core.errors import UsageError
from slceleb_runner_ray.probe import Requirements, distributions, probe_function
from slceleb_runner_ray.wording import why

log = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds between looks at who has come and gone."""

ANSWERING = 90.0
"""Seconds that the nodes which are there at the beginning are given to answer; the first process on a node that reads
Python from a network disk has been seen to take half a minute."""

CRASHES = 3
"""Workers that may die on a node before they were ready; then it is left alone."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster.

    Attributes
    ----------
    id
        Ray's.
    address
        IP address, for people.
    room
        How many workers it can hold.
    """

    id: str
    address: str
    room: int

    def __str__(self) -> str:
        return f"node {self.address} ({self.id[:8]})"


def table() -> list[dict[str, Any]]:
    """Return Ray's own list of nodes, those that have died included."""
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return nodes


def on(node: Node) -> NodeAffinitySchedulingStrategy:
    """Return what binds an actor or a task to a node."""
    return NodeAffinitySchedulingStrategy(node.id, soft=False)


def head() -> NodeAffinitySchedulingStrategy | str:
    """Return what binds an actor to the head: when that dies, everything ends anyway."""
    for entry in table():
        if entry["Alive"] and "node:__internal_head__" in entry["Resources"]:
            return NodeAffinitySchedulingStrategy(entry["NodeID"], soft=True)
    return "DEFAULT"


class Nodes:
    """Whoever is there and fit for work.

    Parameters
    ----------
    demand
        What a worker takes, by resource.
    requirements
        What a node must have.
    """

    def __init__(self, demand: Mapping[str, float], requirements: Requirements) -> None:
        self._demand = demand
        self._requirements = requirements
        self._probe: Any = ray.remote(num_cpus=0, max_retries=0)(probe_function())
        self._asked: dict[str, tuple[Node, Any]] = {}
        self._refused: dict[str, str] = {}
        self._crashes: dict[str, int] = {}
        self._usable: dict[str, Node] = {}
        self._alive: dict[str, Node] = {}
        self._looked = 0.0

    @property
    def usable(self) -> list[Node]:
        """The nodes that workers can be put on."""
        return list(self._usable.values())

    @property
    def room(self) -> int:
        """How many workers there is room for."""
        return sum(node.room for node in self._usable.values())

    def has(self, node: Node) -> bool:
        """Tell whether a node was there at the last look."""
        return node.id in self._alive

    def probe_nodes(self) -> None:
        """Ask all nodes that are there what they have, and wait for their answers.

        Raises
        ------
        UsageError
            One of them is unfit, or there is none.
        """
        end = time.monotonic() + ANSWERING
        self._look()
        while self._asked and time.monotonic() < end:
            ray.wait([asked for _, asked in self._asked.values()], timeout=1.0)
            self._look()
        if self._asked:
            silent = ", ".join(str(node) for node, _ in self._asked.values())
            raise UsageError(f"no answer from {silent} of the Ray cluster within {ANSWERING:.0f} s")
        if self._refused:
            raise UsageError(next(iter(self._refused.values())), "docs/cluster.md says what each node needs")
        if not self.room:
            wanted = ", ".join(f"{name} {amount:g}" for name, amount in self._demand.items())
            raise UsageError(f"no node of the Ray cluster has what a worker takes: {wanted}")

    def look(self) -> None:
        """Notice, now and then, who has come and gone. A newcomer that is unfit is left out, with a warning."""
        if time.monotonic() - self._looked >= INTERVAL or self._asked:
            before = set(self._refused)
            self._look()
            for number in self._refused.keys() - before:
                log.warning("%s; it is not used", self._refused[number])

    def suspect(self) -> None:
        """Look anew at the next occasion: something has died."""
        self._looked = 0.0

    def blame(self, node: Node, reason: str) -> None:
        """Note that a worker died on a node before it was ready; leave the node alone when that goes on."""
        self._crashes[node.id] = self._crashes.get(node.id, 0) + 1
        if self._crashes[node.id] >= CRASHES and node.id in self._usable:
            del self._usable[node.id]
            self._refused[node.id] = f"{node}: workers die before they are ready: {reason}"
            log.warning("%s; it is not used any more", self._refused[node.id])

    def _look(self) -> None:
        self._looked = time.monotonic()
        self._alive = {node.id: node for node in self._list()}
        for group in (self._usable, self._asked):
            for gone in group.keys() - self._alive.keys():
                del group[gone]
        for node in self._alive.values():
            if not any(node.id in group for group in (self._usable, self._refused, self._asked)):
                asked = self._probe.options(scheduling_strategy=on(node))
                self._asked[node.id] = (node, asked.remote(self._requirements.sight, distributions()))
        self._hear()

    def _list(self) -> Iterator[Node]:
        for entry in table():
            room = min(int(entry["Resources"].get(name, 0) / amount) for name, amount in self._demand.items())
            if entry["Alive"] and room:
                yield Node(entry["NodeID"], entry["NodeManagerAddress"], room)

    def _hear(self) -> None:
        """Take in the answers that have come."""
        for node, asked in list(self._asked.values()):
            if not ray.wait([asked], timeout=0)[0]:
                continue
            del self._asked[node.id]
            objection = self._answer(asked)
            if objection:
                self._refused[node.id] = f"{node}: {objection}"
            elif objection is not None:
                self._usable[node.id] = node

    def _answer(self, asked: Any) -> str | None:
        """Return what speaks against a node; None where it has gone, or could not answer for another reason."""
        try:
            return self._requirements.objection(ray.get(asked))
        except ray.exceptions.RayTaskError as error:
            return why(error)
        except ray.exceptions.RayError as error:
            log.info("a node did not answer: %s", why(error))
            return None

"""One run on a cluster, from the connection to its end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import ray
from ray.exceptions import RayError

from slceleb_core.errors import UsageError
from slceleb_core.jobs import BatchJob, Event, Order
from slceleb_runner_ray.actor_pool import ActorPool
from slceleb_runner_ray.config import RayConfig
from slceleb_runner_ray.delivery import Delivery, SharedFolder
from slceleb_runner_ray.dispatch import Dispatch
from slceleb_runner_ray.mailbox import Mailbox
from slceleb_runner_ray.nodes import Nodes, head
from slceleb_runner_ray.probe import Requirements

FOR_EVER = -1
"""Restarts and retries, in Ray's terms."""


class Session:
    """What lives as long as the connection to a cluster, which has been made.

    Parameters
    ----------
    config
        The runner's options.
    job
        What the orders share.
    workers
        How many the batch wants at most.

    Raises
    ------
    UsageError
        A node cannot be used.
    """

    def __init__(self, config: RayConfig, job: BatchJob, workers: int) -> None:
        with ExitStack() as stack:
            delivery = stack.enter_context(_delivery(config, job))
            nodes = Nodes(config.demand(), Requirements.here(delivery.sight, delivery.token))
            nodes.probe_nodes()
            # what it holds may be lost with its process, but whoever has its address can go on using it
            actor: Any = ray.remote(Mailbox)
            mailbox = actor.options(
                num_cpus=0, max_restarts=FOR_EVER, max_task_retries=FOR_EVER, scheduling_strategy=head()
            ).remote()
            stack.callback(ray.kill, mailbox)
            self._pool = ActorPool(job, config, delivery, nodes, mailbox, workers)
            stack.callback(self._pool.close)
            self._dispatch = Dispatch(self._pool, nodes, delivery, mailbox, config.patience)
            self._stack = stack.pop_all()

    @property
    def slots(self) -> int:
        """One order under way and one waiting for each worker that there is room for."""
        return 2 * self._pool.room

    def submit(self, order: Order) -> None:
        """Take an order."""
        self._dispatch.submit(order)

    def wait(self, seconds: float) -> list[Event]:
        """Return what has happened.

        Raises
        ------
        UsageError
            The cluster does not answer any more.
        """
        try:
            return self._dispatch.wait(seconds)
        except (RayError, ConnectionError) as error:
            reason = " ".join(str(error).split())
            raise UsageError(
                f"the Ray cluster does not answer any more: {reason}", "mend it, and run the same command again"
            ) from error

    def cancel(self, name: str) -> None:
        """Stop an order."""
        self._dispatch.cancel(name)

    def close(self) -> None:
        """Stop everybody, and delete what is not in place."""
        self._stack.close()


def _delivery(config: RayConfig, job: BatchJob) -> Delivery:
    output_dir = job.output_dir.absolute()
    if config.results is None:
        return SharedFolder(output_dir)
    from slceleb_runner_ray.objectstore import UrlDelivery  # it imports fsspec

    return UrlDelivery(output_dir, config.results, config.scratch)

"""The runner: a connection to a cluster, and what lives as long as it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slceleb_core.batch import crew_of_this_machine
from slceleb_core.jobs import BatchJob, Event, Order
from slceleb_core.runners import Crew, Runner
from slceleb_runner_ray.config import RayConfig
from slceleb_runner_ray.connection import connect, disconnect

if TYPE_CHECKING:
    from slceleb_runner_ray.session import Session


class RayRunner(Runner):
    """Carries out orders on a Ray cluster: one of this machine, or one that is running somewhere.

    Each order is carried out by an actor, a process of its own, so a crash costs one video. The driver moves results
    into place; see ``delivery``.
    """

    name = "ray"
    Config = RayConfig

    _session: Session | None = None

    def crew(self, videos: int) -> Crew:
        """Return one a video, of which a cluster takes what it has room for; of this machine alone, what it has."""
        if self.config.address is not None:
            return super().crew(videos)
        return crew_of_this_machine(videos, self.context.device if self.config.num_gpus else "cpu")

    @property
    def elsewhere(self) -> bool:
        """Whether there is a cluster, whose nodes have model files of their own."""
        return self.config.address is not None

    def begin(self, job: BatchJob, workers: int) -> None:
        """Connect, and make sure that every node has what it needs.

        Raises
        ------
        UsageError
            There is no cluster; a node has other versions, or does not see where results go.
        """
        connect(self.config)
        try:
            from slceleb_runner_ray.session import Session  # it imports Ray, which reads what `connect` has set

            self._session = Session(self.config, job, workers)
        except BaseException:
            disconnect()
            raise

    @property
    def slots(self) -> int:
        """One order under way and one waiting for each worker that the nodes which are there now have room for."""
        return self._opened.slots

    def submit(self, order: Order) -> None:
        """Take an order."""
        self._opened.submit(order)

    def wait(self, seconds: float) -> list[Event]:
        """Return what has happened.

        Raises
        ------
        UsageError
            The cluster is lost.
        """
        return self._opened.wait(seconds)

    def cancel(self, name: str) -> None:
        """Stop an order."""
        self._opened.cancel(name)

    def close(self) -> None:
        """Stop everybody, and let go of the cluster."""
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            finally:
                disconnect()

    @property
    def _opened(self) -> Session:
        if self._session is None:
            raise RuntimeError("the runner has not begun")
        return self._session

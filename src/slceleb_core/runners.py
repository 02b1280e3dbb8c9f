"""The fifth kind of plugin: who carries out the videos of a batch, and where.

A runner knows nothing of journals, retries and time limits: it takes orders, has each carried out by a
:class:`~slceleb_core.batch.worker.Worker`, and tells what happens. The pool of local processes is one, a cluster
another.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slceleb_core.stages import Stage

if TYPE_CHECKING:
    from slceleb_core.jobs import BatchJob, Event, Order


@dataclass(frozen=True, slots=True)
class Crew:
    """How many work at a time.

    Attributes
    ----------
    workers
        Orders that may be worked on at the same time.
    reason
        Why so many, in a few words: it is shown.
    """

    workers: int
    reason: str

    def __str__(self) -> str:
        return f"{self.workers:,} ({self.reason})"


class Runner(Stage):
    """Carries out orders.

    The calls come as ``open begin (submit | wait | cancel)* close``. Nothing is called from two threads at once.

    Attributes
    ----------
    isolated
        Whether orders are carried out in other processes: one that crashes or hangs then costs no other.
    """

    isolated: ClassVar[bool] = True

    def crew(self, videos: int) -> Crew:
        """Return how many workers do so many videos where the user does not say; it may be asked at any time.

        One a video, unless a runner knows better: it takes as many as it has room for.
        """
        return Crew(max(videos, 1), "one a video, as far as there is room")

    @property
    def elsewhere(self) -> bool:
        """Whether orders are carried out on other machines: then model files are not looked for on this one."""
        return False

    @abstractmethod
    def begin(self, job: BatchJob, workers: int) -> None:
        """Get ready for the orders of a job.

        Parameters
        ----------
        job
            What the orders share.
        workers
            How many orders may be worked on at the same time; a runner that has less room takes what it has.

        Raises
        ------
        UsageError
            It cannot: a cluster that is not there, a folder that its workers do not see.
        """

    @property
    @abstractmethod
    def slots(self) -> int:
        """How many orders it wants to hold at a time, waiting ones included; it may change as machines come and go."""

    @abstractmethod
    def submit(self, order: Order) -> None:
        """Take an order. There are never more than `slots` of them without a ``Finished`` or ``Lost``."""

    @abstractmethod
    def wait(self, seconds: float) -> list[Event]:
        """Return what has happened, in order; wait for something to happen for up to `seconds`.

        Each order ends with exactly one ``Finished`` or ``Lost``. After a ``Lost`` nothing of that order goes on, and
        nothing of it is published later. Results of a video, or with a person, that was removed from the corpus are
        never put into place, also where that was done while the video was looked at: the order ends with the fault that
        says so.
        """

    @abstractmethod
    def cancel(self, name: str) -> None:
        """Stop an order at once, also one that hangs in native code; its ``Lost`` follows.

        An order that has just finished stays finished.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop everybody at once and let go of them; called a second time it does nothing.

        What was being worked on leaves nothing behind but files in ``.partial``.
        """

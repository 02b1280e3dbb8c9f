"""What became of the videos of a batch, for whoever shows it, counts it or writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from slceleb_core.jobs import Event, Fault, Item, Report

Status: TypeAlias = Literal["pending", "running", "done", "failed", "skipped"]
"""As the journal has it. An interrupted video is pending again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one video.

    Attributes
    ----------
    name
        Unique in the output folder: what its results folder is called, or would be.
    item
        As it was named.
    status
        In a word.
    report
        Its results; None unless it is done. Of a video that an earlier run has done, as that run left it.
    fault
        Why it failed; None unless it did.
    reason
        Why it was skipped, why it is (still) to be done, or that it was done or has failed earlier; empty otherwise.
    why
        Why it was to be done, where this run has begun it; empty otherwise.
    attempts
        How often it was tried in this run; 0 for one that this run did not touch.
    seconds
        Wall-clock seconds of the last attempt.
    """

    name: str
    item: Item
    status: Status
    report: Report | None = None
    fault: Fault | None = None
    reason: str = ""
    why: str = ""
    attempts: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a batch ended.

    Attributes
    ----------
    outcomes
        Of every video, in the order in which they were named.
    interrupted
        Whether somebody stopped it with Ctrl-C or a signal.
    stopped
        Why it stopped before its end: what would have failed every other video too. None: it did not.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    stopped: Fault | None = None


class Watcher(Protocol):
    """Whoever follows a batch; every call returns quickly, and comes from the thread that runs the batch."""

    def planned(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of all videos before the first is begun: done earlier, skipped, or pending."""

    def happened(self, event: Event) -> None:
        """Take note of what a runner says."""

    def ended(self, outcome: Outcome) -> None:
        """Take note that a video is done or has failed for good, or has been put back as pending."""

    def tick(self) -> None:
        """Note that time has passed: called at least once a second."""

"""One place for an order on a node: an actor, so a process of its own, with a worker in it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from slceleb_core.batch import Worker, existing_report, fault_from, fingerprint_of, forwarding
from slceleb_core.errors import OutputError, VideoError
from slceleb_core.jobs import BatchJob, Order, Report
from slceleb_core.settings import load_settings
from slceleb_core.types import JsonValue
from slceleb_runner_ray.delivery import Workplace
from slceleb_runner_ray.mailbox import Post

OWN_FOLDERS = {"models", "cache"}
"""Settings that a node's own environment decides, where it does: folders need not be the same on all machines."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a slot says of an order.

    Attributes
    ----------
    report
        What became of it; its folder is not where the results will be.
    handed_over
        Whether there is something for the driver to move into place.
    """

    report: Report
    handed_over: bool


class Slot:
    """Carries out one order after another.

    Parameters
    ----------
    job
        What the orders share, as the driver has it.
    workplace
        Where results go.
    mailbox
        The actor that events are sent to.
    number
        The slot's name.
    level
        Least severe log record that is sent.
    """

    def __init__(self, job: BatchJob, workplace: Workplace, mailbox: Any, number: str, level: str) -> None:
        self._post = Post(mailbox, number)
        self._workplace = workplace
        self._level = level
        stack = ExitStack()
        folder = stack.enter_context(workplace)
        settings = {**job.settings, **load_settings().model_dump(exclude_unset=True, include=OWN_FOLDERS)}
        artefacts = job.artefacts if job.artefacts is not None and workplace.keeps(job.artefacts) else None
        photos = job.photos if job.photos is not None and workplace.keeps(job.photos) else None
        here = replace(job, output_dir=folder, settings=settings, artefacts=artefacts, photos=photos)
        self._worker = stack.enter_context(Worker(here))

    def where(self) -> str:
        """Return who this is, for people; answered once the slot is ready."""
        return f"{platform.node()}, pid {os.getpid()}"

    def carry_out(self, order: Order, stated: Mapping[str, JsonValue]) -> Answer:
        """Carry out an order, and hand its results over to the driver.

        Parameters
        ----------
        order
            The video.
        stated
            What is stated of the results that stand under its name; empty where none do.
        """
        with forwarding(self._post, self._level) as forwarder:
            forwarder.order = order.name
            answer = _standing(order, stated) or self._hand_over(self._worker.process(order, self._post))
        self._post.flush()
        return answer

    def _hand_over(self, report: Report) -> Answer:
        if report.folder is None:
            return Answer(report, handed_over=False)
        try:
            self._workplace.hand_over(report.folder)
        except Exception as error:
            failed = OutputError(f"cannot hand over the results of {report.name}: {error}")
            fault = replace(fault_from(failed), transient=True, fatal=False)
            return Answer(replace(report, fault=fault, folder=None), handed_over=False)
        return Answer(report, handed_over=True)


def _standing(order: Order, stated: Mapping[str, JsonValue]) -> Answer | None:
    """Return the report of results that stand already: whoever made them may have died before the journal had it."""
    if not order.is_met_by(stated):
        return None
    try:
        report = existing_report(stated, order, fingerprint_of(order.item))
    except VideoError:  # the worker says what is wrong with it
        return None
    return None if report is None else Answer(report, handed_over=False)

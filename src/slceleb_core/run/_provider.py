"""Whoever gives a run its stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from slceleb_core.settings import processors
from slceleb_core.stages import Detector, Recognizer, Speaker


class StageProvider(Protocol):
    """The stages of a pipeline, each open when it is asked for."""

    @property
    def detector(self) -> Detector:
        """Finds faces."""

    @property
    def speaker(self) -> Speaker:
        """Scores who is speaking."""

    @property
    def recognizer(self) -> Recognizer | None:
        """Makes embeddings; None where no gallery asks for it."""

    @property
    def threads(self) -> int | None:
        """As of ``StageContext``."""

    @property
    def decoder(self) -> str:
        """As of ``StageContext``."""


def threads_for(stages: StageProvider) -> int:
    """Return how many processor threads a run may keep busy: those that its stages keep to, or all of this process."""
    return stages.threads or processors()


@dataclass(frozen=True, slots=True, eq=False)
class OpenStages:
    """The stages of a pipeline that has been entered.

    Attributes
    ----------
    detector, speaker
        Open.
    recognizer
        Open, or None when no gallery asks for it.
    threads, decoder
        As of ``StageContext``.
    """

    detector: Detector
    speaker: Speaker
    recognizer: Recognizer | None
    threads: int | None = None
    decoder: str = "libav"

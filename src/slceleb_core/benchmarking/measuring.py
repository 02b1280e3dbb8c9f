"""One measurement: a video, a candidate, a process of its own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from slceleb_core.benchmarking.candidates import Candidate
from slceleb_core.benchmarking.findings import Findings, read_findings
from slceleb_core.benchmarking.watching import Watched, watch
from slceleb_core.errors import OutputError

EVERY = 0.2
"""Seconds from one look at a process's memory to the next."""

TOLD = re.compile(r"^error: (.+)$", re.MULTILINE)
"""How the command says what is wrong."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a process took.

    Attributes
    ----------
    candidate, video
        What was measured, and on which video.
    turn
        Of how many rounds it was; 0 is the start-up.
    wall, cpu
        Seconds of the whole process: by the clock, and of all processors.
    peak
        Bytes of memory at most.
    idle
        Seconds of its wall time that went by before it began with the video, as far as the process itself says so.
    findings
        What it found; None where it failed.
    error
        Why it failed.
    """

    candidate: str
    video: str
    turn: int
    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    idle: float = 0.0
    findings: Findings | None = None
    error: str = ""
    samples: tuple[tuple[float, int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it JSON-ready, without the samples."""
        return {**asdict(replace(self, findings=None, samples=())), "findings": _json(self.findings)}


def _json(found: Findings | None) -> dict[str, Any] | None:
    return None if found is None else found.as_json()


@dataclass(frozen=True, slots=True)
class Task:
    """What all measurements share.

    Attributes
    ----------
    folder
        For what a process writes; emptied after each.
    photos
        The gallery; None looks for nobody.
    """

    folder: Path
    photos: Path | None = None

    def measure(
        self, candidate: Candidate, video: Path, turn: int, frames: int | None, every: float = EVERY
    ) -> Measurement:
        """Run a candidate on a video.

        Parameters
        ----------
        candidate, video, turn
            What to measure.
        frames
            After how many frames to stop; None: at the end.
        every
            Seconds from one look at its memory to the next.
        """
        output = self.folder / "output"
        log = self.folder / "said.txt"
        try:
            watched = watch(self._command(candidate, video, output, frames), *self._around(candidate, log), every)
            return _measured(Measurement(candidate.name, str(video), turn), watched, candidate, output)
        finally:
            shutil.rmtree(output, ignore_errors=True)

    def _around(self, candidate: Candidate, log: Path) -> tuple[Any, Path]:
        return candidate.installation.environment(), log

    def _command(self, candidate: Candidate, video: Path, output: Path, frames: int | None) -> Sequence[str]:
        python = candidate.installation.python
        if candidate.decodes:
            most = [] if frames is None else [str(frames)]
            return [python, "-m", "slceleb_core.benchmarking.decoding", str(video), *most]
        words = [python, "-m", "slceleb_core", "run", str(video), "--output-dir", str(output)]
        words += ["--profile", candidate.profile]
        words += [word for override in candidate.overrides for word in ("--set", override)]
        words += [] if self.photos is None else ["--poi-dir", str(self.photos)]
        words += [] if frames is None else ["--max-frames", str(frames)]
        # In one process, so that its memory is all there is; and with nothing at hand that an earlier run has kept.
        return [*words, "--runner", "inline", "--no-artefacts"]


def _measured(blank: Measurement, watched: Watched, candidate: Candidate, output: Path) -> Measurement:
    """Return a measurement of a process that has ended."""
    if watched.code != 0:
        return replace(blank, error=_reason(watched))
    found, idle = None, 0.0
    try:
        if candidate.decodes:
            found, idle = _decoded(watched)
        else:
            found = read_findings(output)
            idle = max(watched.wall - found.wall, 0.0) if found.wall else 0.0
    except OutputError as error:
        return replace(blank, error=error.message)
    return replace(
        blank,
        wall=watched.wall,
        cpu=watched.cpu,
        peak=watched.peak,
        idle=idle,
        findings=found,
        samples=watched.samples,
    )


def _decoded(watched: Watched) -> tuple[Findings, float]:
    try:
        told = json.loads(watched.said.splitlines()[-1])
    except (ValueError, IndexError):
        raise OutputError("decoding said nothing that can be read") from None
    return Findings(told["frames"], 0.0), watched.wall - told["seconds"]


def _reason(watched: Watched) -> str:
    """Return why a process failed, in a line."""
    told = TOLD.search(watched.said)
    if told is not None:
        return told[1]
    if watched.code < 0:
        return f"it was ended by signal {-watched.code}"
    lines = [line for line in watched.said.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"exit code {watched.code}"

"""A benchmark as values, and on disk."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from slceleb_core.benchmarking.bench import Measured
from slceleb_core.benchmarking.figures import Figures, MemoryFigures, figures, memory
from slceleb_core.errors import OutputError, UsageError

FORMAT = 1
"""Version of the JSON layout; raised when a reader would have to change."""

WRITTEN_BY = "name what slceleb bench --json has written"

SHOWN = ("slceleb-core", "av", "numpy", "onnxruntime", "mediapipe", "opencv-python")
"""Distributions whose versions are stated, as far as they are installed here."""


@dataclass(frozen=True)
class Report:
    """A benchmark.

    Attributes
    ----------
    measured
        All that was measured.
    """

    measured: Measured

    @cached_property
    def figures(self) -> list[Figures]:
        """What every candidate costs on every video."""
        return [] if self.measured.order.looped is not None else figures(self.measured)

    @cached_property
    def memory(self) -> list[MemoryFigures]:
        """How every candidate's memory goes."""
        return [] if self.measured.order.looped is None else memory(self.measured)

    @cached_property
    def failures(self) -> list[tuple[str, str, str]]:
        """Which candidate could not be measured, on which video (empty: on any), and why."""
        starts = [(start.candidate.name, "", start.measurement.error) for start in self.measured.starts]
        runs = [(run.candidate, run.video, run.error) for run in self.measured.runs]
        return [failure for failure in dict.fromkeys([*starts, *runs]) if failure[2]]


def as_json(report: Report) -> dict[str, Any]:
    """Return a benchmark as JSON-ready values."""
    measured = report.measured
    order = measured.order
    return {
        "format": FORMAT,
        "machine": machine(),
        "repeat": order.repeat,
        "seconds": order.seconds,
        "looped": order.looped,
        "photos": None if order.photos is None else str(order.photos),
        "videos": [
            {
                "video": str(info.path),
                "width": info.width,
                "height": info.height,
                "frame_rate": info.frame_rate,
                "duration": info.duration,
            }
            for info in measured.videos
        ],
        "candidates": [
            {
                "candidate": start.candidate.name,
                "profile": start.candidate.profile,
                "overrides": list(start.candidate.overrides),
                "python": start.candidate.installation.python,
                "sources": list(start.candidate.installation.sources or ()),
                "start_seconds": start.measurement.wall,
                "remark": start.remark,
                "error": start.measurement.error,
            }
            for start in measured.starts
        ],
        "figures": [row.as_json() for row in report.figures],
        "memory": [row.as_json() for row in report.memory],
        "failures": [
            {"candidate": candidate, "video": video, "reason": reason} for candidate, video, reason in report.failures
        ],
        "measurements": [run.as_json() for run in measured.runs],
    }


def machine() -> dict[str, Any]:
    """Return what ran it."""
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "usable_processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version for name in SHOWN if (version := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_target(path: Path) -> None:
    """Raise an error before the work, where a file could not be written after it.

    Raises
    ------
    UsageError
        Its folder is not there, or does not let itself be written to.
    """
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder", "name a file")
    if not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"cannot write {path}: no such folder, or it is read-only", "name another file")


def write(text: str, path: Path) -> None:
    """Write a file; it is replaced if it is there.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}", "name another file") from None


def read(path: Path) -> Mapping[str, Any]:
    """Return a benchmark from its JSON.

    Raises
    ------
    UsageError
        There is no such file, or it is none of a benchmark that this version reads.
    """
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", WRITTEN_BY) from None
    except ValueError:
        made = None
    if not isinstance(made, dict) or not {"format", "figures", "candidates"} <= set(made):
        raise UsageError(f"{path}: not the JSON of a benchmark", WRITTEN_BY)
    if made["format"] != FORMAT:
        raise UsageError(f"{path}: format {made['format']}; this version reads {FORMAT}", "run the benchmark again")
    return made

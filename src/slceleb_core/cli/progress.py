"""How far a run has come, on stderr: which video, frames, position, speed, and where the time goes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich.console import RenderableType
from rich.progress import BarColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from slceleb_core.cli.console import err, printable

if TYPE_CHECKING:
    from slceleb_core.run import Observer, Progress

REFRESH = 0.1
"""Seconds between two updates: a person sees no more, and a frame may take only a few milliseconds."""


LEAST = 0.005
"""Part of the time that a stage must have taken to be named: less would read 0 %."""

WINDOW = 1.0
"""Seconds over which the current speed is measured."""


class Watcher(Protocol):
    """Whoever follows a run."""

    def begin(self, number: int, total: int, video: Path) -> Observer | None:
        """Take note that video `number` of `total` begins; return who is to be told of its frames."""


class Blind:
    """A watcher that shows nothing."""

    def __enter__(self) -> Blind:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begin(self, number: int, total: int, video: Path) -> None:
        """Do nothing."""


class Display:
    """A watcher that shows one live line, and below it the shares of the stages."""

    def __init__(self) -> None:
        self._bars = _Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[position]}", markup=False),
            TextColumn("{task.fields[pace]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=err,
            transient=True,
        )

    def __enter__(self) -> Display:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, number: int, total: int, video: Path) -> Observer:
        """Start the line of a video."""
        for task in self._bars.task_ids:
            self._bars.remove_task(task)
        name = f"video {number} of {total}: {printable(video.name)}"
        task = self._bars.add_task(name, total=None, position="", pace="", stages="")
        return _Line(self._bars, self._bars.tasks[self._bars.task_ids.index(task)])


class _Bars(Bars):
    """Adds a line on the stages below the bars."""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        for task in self.tasks:
            yield Text(task.fields["stages"], style="dim")


class _Line:
    """The line of one video."""

    def __init__(self, bars: Bars, task: Task) -> None:
        self.bars = bars
        self.task = task
        self.due = 0.0
        self.mark: tuple[float, Progress] | None = None
        self.pace = ""

    def __call__(self, progress: Progress) -> None:
        """Show how far the video has come, if it is time to."""
        now = time.monotonic()
        if now >= self.due:
            self.due = now + REFRESH
            self._show(progress, now)

    def _show(self, progress: Progress, now: float) -> None:
        video = progress.video
        done = max(progress.time - video.start, 0.0)
        whole = clock(video.duration) if video.duration else "?"
        self._measure(progress, now)
        self.bars.update(
            self.task.id,
            completed=done,
            total=video.duration,
            position=f"{clock(done)} of {whole}, frame {progress.frames}",
            pace=self.pace,
            stages=shares(progress.stages),
        )

    def _measure(self, progress: Progress, now: float) -> None:
        """Measure the pace since the last mark, if that is long enough ago: frames a second, and video time to time."""
        then, before = self.mark or (now, progress)
        if now - then >= WINDOW:
            frames, seconds = progress.frames - before.frames, progress.time - before.time
            self.pace = f"{frames / (now - then):.1f} frames/s, {seconds / (now - then):.2f}x"
        if self.mark is None or now - then >= WINDOW:
            self.mark = (now, progress)


def watcher(*, shown: bool) -> AbstractContextManager[Watcher]:
    """Return a display where it is wanted and stderr is a terminal, else a watcher that shows nothing."""
    return Display() if shown and err.is_terminal else Blind()


def clock(seconds: float) -> str:
    """Return seconds as ``h:mm:ss`` or ``m:ss``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shares(stages: Mapping[str, float]) -> str:
    """Return where the time went, the greatest part first, in one line."""
    total = sum(stages.values()) or 1.0
    ordered = sorted(stages.items(), key=lambda item: -item[1])
    return ", ".join(
        f"{name} {seconds:.1f} s ({seconds / total:.0%})" for name, seconds in ordered if seconds >= LEAST * total
    )

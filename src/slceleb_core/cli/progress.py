"""How far a batch has come, on stderr: live where that is a terminal, and else a line a video."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from typing_extensions import Self

from slceleb_core.batch.outcomes import Outcome, Watcher
from slceleb_core.cli.console import err, printable, say
from slceleb_core.cli.following import Following, Running, prospect, remainder, shares, tally
from slceleb_core.cli.summary import tell_request, tell_stages
from slceleb_core.jobs import Event, Finished
from slceleb_core.pages.wording import clock

if TYPE_CHECKING:
    from slceleb_core.jobs import BatchJob

REFRESH = 0.1
"""Seconds between two updates: a person sees no more, and many workers tell much."""

MINUTE = 60.0
"""Seconds between two lines that say how a batch stands, where there is no terminal."""

ROWS = 16
"""Videos under way that are shown at most; fewer in a low terminal."""

BESIDE = 4
"""Lines that are shown beside those of the videos."""

BAR = 20
"""Columns of a bar."""

WIDE, NARROW = 100, 60
"""Columns of a terminal from which on there is room for everything, and below which there is room for little."""


class Blind:
    """A watcher that shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def planned(self, outcomes: Sequence[Outcome]) -> None:
        """Do nothing."""

    def happened(self, event: Event) -> None:
        """Do nothing."""

    def ended(self, outcome: Outcome) -> None:
        """Do nothing."""

    def tick(self) -> None:
        """Do nothing."""


class _Telling:
    """What every watcher says that says anything: what was asked for, and, once it is known, what does it.

    Parameters
    ----------
    job
        What is asked for.
    profile
        What the profile was called.
    """

    def __init__(self, job: BatchJob, profile: str) -> None:
        self.following = Following()
        self._job = job
        self._profile = profile
        self._told = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def planned(self, outcomes: Sequence[Outcome]) -> None:
        """Say what was asked for, if anything is to be done."""
        self.following.planned(outcomes)
        if any(outcome.status == "pending" for outcome in outcomes):
            tell_request(self._profile, self._job)

    def happened(self, event: Event) -> None:
        """Take note; say with the first results what they were made with."""
        self.following.happened(event)
        if isinstance(event, Finished) and not self._told and event.report.provenance:
            self._told = True
            tell_stages(event.report.provenance)


class Lines(_Telling):
    """A watcher that says a line for each video that has ended, and now and then how the batch stands."""

    def __init__(self, job: BatchJob, profile: str) -> None:
        super().__init__(job, profile)
        self._due = time.monotonic() + MINUTE

    def ended(self, outcome: Outcome) -> None:
        """Say so; the reason of a failure is told as an error."""
        self.following.ended(outcome)
        if outcome.status != "pending":
            name = printable(self.following.name(outcome))
            say(err, f"{tally(self.following)}: {name}: {_became(outcome)}")

    def tick(self) -> None:
        """Say how the batch stands, if it is time to."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + MINUTE
            running = self.following.running
            names = [_with_stage(video) for video in list(running.values())[:ROWS]]
            more = [f"{len(running) - ROWS} more"] if len(running) > ROWS else []
            say(
                err, "; ".join(filter(None, [tally(self.following), prospect(self.following), ", ".join(names + more)]))
            )


class Display(_Telling):
    """A watcher that shows, live, the whole batch, each video under way, and where the time goes."""

    def __init__(self, job: BatchJob, profile: str) -> None:
        super().__init__(job, profile)
        self._live = Live(get_renderable=self._rendered, console=err, auto_refresh=False, transient=True)
        self._due = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def happened(self, event: Event) -> None:
        """Show it."""
        super().happened(event)
        self.tick()

    def ended(self, outcome: Outcome) -> None:
        """Show it."""
        self.following.ended(outcome)
        self.tick()

    def tick(self) -> None:
        """Show how things stand, if it is time to."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + REFRESH
            self._live.refresh()

    def _rendered(self) -> RenderableType:
        if not self.following.total:
            return Group()
        running = list(self.following.running.values())
        shown = running[: max(min(ROWS, err.height - BESIDE), 1)]
        lines: list[RenderableType] = [_whole(self.following, err.width), _rows(shown, err.width)]
        if len(running) > len(shown):
            lines.append(_line(f"and {len(running) - len(shown)} more", "dim"))
        return Group(*lines, _line(shares(self.following.stages), "dim"))


def _whole(following: Following, width: int) -> RenderableType:
    cells: list[RenderableType] = [_line(tally(following), "bold")]
    if width >= WIDE:
        cells.append(ProgressBar(total=following.total, completed=following.done, width=BAR))
    cells.append(_line(prospect(following) if width >= NARROW else remainder(following)))
    made = Table.grid(padding=(0, 2))
    for _ in cells:
        made.add_column(no_wrap=True, overflow="ellipsis")
    made.add_row(*cells)
    return made


def _rows(running: Iterable[Running], width: int) -> RenderableType:
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width // 3, 10))
    for video in running:
        made.add_row(_line(printable(video.name)), *_cells(video, width))
    return made


def _cells(video: Running, width: int) -> list[RenderableType]:
    """Return what there is room for of how far a video has come."""
    if video.at is None:
        return [_line("begins", "dim")]
    if not video.at.frames:
        return [_line(video.at.stage, "dim")]
    whole = clock(video.at.duration) if video.at.duration else "?"
    where = f"{clock(max(video.at.position, 0.0))} of {whole}"
    if width < NARROW:
        return [_line(where)]
    said = [_line(f"{where}, frame {video.at.frames}"), _line(video.at.stage, "cyan")]
    if width < WIDE:
        return [*said]
    bar = ProgressBar(total=1.0, completed=video.part or 0.0, width=BAR)
    return [bar, *said, _line("" if video.pace is None else str(video.pace))]


def _line(text: str, style: str = "") -> Text:
    """Return a text that keeps to one line."""
    return Text(text, style, no_wrap=True, overflow="ellipsis")


def _with_stage(video: Running) -> str:
    """Return a video's name, and what is done before its first frame: thousands of photos may take longer than it."""
    name = printable(video.name)
    return name if video.at is None or video.at.frames else f"{name} ({video.at.stage})"


def _became(outcome: Outcome) -> str:
    """Return what became of a video, in a few words."""
    if outcome.report is None:
        return outcome.status
    found = outcome.report.statistics
    seconds = found.get("segment_seconds")
    speech = f", {seconds:.1f} s of speech" if isinstance(seconds, (int, float)) else ""
    return f"{outcome.status}{speech} in {clock(outcome.seconds)}"


def watcher(job: BatchJob, profile: str, *, shown: bool) -> AbstractContextManager[Watcher]:
    """Return who follows a batch: a display, lines where stderr is no terminal, and nobody where nothing is wanted.

    Parameters
    ----------
    job
        What is asked for.
    profile
        What the profile was called.
    shown
        Whether anything is to be said.
    """
    if not shown:
        return Blind()
    return Display(job, profile) if err.is_terminal else Lines(job, profile)

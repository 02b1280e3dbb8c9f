"""What most commands begin with: the machine's settings, log lines on stderr, model files with visible downloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from slceleb_core.cli.console import err, printable, tell
from slceleb_core.logs import LineHandler, attached

if TYPE_CHECKING:
    from slceleb_core.models import ModelStore
    from slceleb_core.pipeline import Pipeline
    from slceleb_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """A command that is running.

    Attributes
    ----------
    settings
        The machine's facts.
    models
        The model store; it says on stderr what it downloads.
    """

    settings: Settings
    models: ModelStore

    def pipeline(self, profile: str, overrides: Iterable[str]) -> Pipeline:
        """Return the pipeline of a profile, not yet open.

        Raises
        ------
        UsageError
            The profile does not hold, or a plugin is missing.
        """
        from slceleb_core.pipeline import Pipeline
        from slceleb_core.profile import bind, load_profile
        from slceleb_core.registry import Registry

        registry = Registry.discover()
        bound = bind(load_profile(profile, overrides), registry)
        return Pipeline(bound, registry, replace(self.settings.stage_context(), models=self.models))


@contextmanager
def session() -> Iterator[Session]:
    """Read the settings, and show log lines while the block lasts.

    Raises
    ------
    UsageError
        A setting has a value that cannot be.
    """
    from slceleb_core.settings import load_settings

    settings = load_settings()
    with attached(LineHandler(tell), settings.log_level), _Downloads() as downloads:
        store = replace(settings.model_store(), announce=downloads.announce, progress=downloads.advance)
        yield Session(settings, store)


@contextmanager
def telling() -> Iterator[None]:
    """Show warnings while the block lasts: before the machine's settings have been read."""
    with attached(LineHandler(tell), "WARNING"):
        yield


@contextmanager
def corpus_session(output_dir: Path) -> Iterator[None]:
    """Show log lines, and keep other processes out of a corpus, while the block lasts.

    Raises
    ------
    UsageError
        There is no such folder, or another process works there.
    OutputError
        The folder cannot be written to.
    """
    from slceleb_core.corpus.claiming import alone_in

    with session(), alone_in(output_dir):
        yield


class _Downloads:
    """Shows what is downloaded: a line for each file, and a bar where stderr is a terminal."""

    def __init__(self) -> None:
        self._bars: Progress | None = None

    def __enter__(self) -> _Downloads:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def announce(self, line: str) -> None:
        """Say what is downloaded, from where, under which licence."""
        self._stop()
        tell("note", line)

    def advance(self, name: str, done: int, total: int) -> None:
        """Move the bar."""
        if not err.is_terminal:
            return
        if self._bars is None:
            self._bars = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=err,
                transient=True,
            )
            self._bars.add_task(printable(name))
            self._bars.start()
        self._bars.update(self._bars.task_ids[0], completed=done, total=total or None)
        if total and done >= total:
            self._stop()

    def _stop(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

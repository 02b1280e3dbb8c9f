"""Sinks are asked to bring in line what they have left in the folder of a finished video that is about to change.

They are asked before anything else of the folder is edited, and are told what will stand then. So whoever is stopped in
the middle still knows that the video is to be changed, and asks once more. Of what a sink that is there has left,
nothing stays that it has not brought in line.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from pydantic import ValidationError
from typing_extensions import Self

from slceleb_core.corpus.editing import JsonObject
from slceleb_core.corpus.folders import Dispose, outputs_of_others
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.refusals import writing
from slceleb_core.errors import OutputError, PluginError, SlcelebError
from slceleb_core.registry import Registry
from slceleb_core.results import Segment
from slceleb_core.settings import load_settings
from slceleb_core.stages import Revision, Sink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Writer:
    """A sink that has written a video's results.

    Attributes
    ----------
    kind
        Its class.
    options
        Its options then.
    """

    kind: type[Sink]
    options: Mapping[str, Any]

    def outputs(self, folder: Path) -> tuple[Path, ...]:
        """Return what it has left in a folder, of all that the core cannot edit."""
        others = outputs_of_others(folder)
        return tuple(path for path in others if any(fnmatchcase(path.name, name) for name in self.kind.outputs))


class Revisers:
    """The sinks that are asked; a context manager, as each of them is opened once.

    Parameters
    ----------
    registry
        The plugins; None: all that are installed, when somebody is to be asked.
    """

    def __init__(self, registry: Registry | None = None) -> None:
        self._given = registry
        self._stack = ExitStack()
        self._open: list[tuple[_Writer, Sink | None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = []
        self._stack.close()

    def ask(self, revision: Revision) -> tuple[Path, ...]:
        """Have the sinks that have written into a folder bring it in line; return what they could not, and must go.

        Files of sinks that are not installed any more are not among them: nobody knows whose they are.

        Raises
        ------
        OutputError
            The folder cannot be written to.
        """
        stale: list[Path] = []
        for writer in self._writers(revision.folder):
            if not self._revised(writer, revision):
                stale += writer.outputs(revision.folder)
        return tuple(stale)

    def unknown(self, folder: Path) -> tuple[Path, ...]:
        """Return what stands in a folder of which nobody knows whose it is."""
        known = {path for writer in self._writers(folder) for path in writer.outputs(folder)}
        return tuple(path for path in outputs_of_others(folder) if path not in known)

    @cached_property
    def _registry(self) -> Registry:
        return self._given or Registry.discover()

    def _writers(self, folder: Path) -> Iterator[_Writer]:
        """Yield the sinks of the profile with which a video was processed, as far as they are installed."""
        provenance = (statement_of(folder).get("report") or {}).get("provenance") or {}
        for use in (provenance.get("profile") or {}).get("sinks") or ():
            try:
                kind = cast("type[Sink]", self._registry.find("sink", use["use"]).stage)
            except PluginError:
                continue
            yield _Writer(kind, use.get("options") or {})

    def _revised(self, writer: _Writer, revision: Revision) -> bool:
        """Tell whether a sink has brought in line what it left; what goes wrong is said."""
        if writer.kind.revise is Sink.revise:
            return False
        try:
            with writing(f"to {revision.folder}"):
                sink = self._opened(writer)
                return sink is not None and sink.revise(revision)
        except OutputError:
            raise
        except Exception as error:
            expected = isinstance(error, SlcelebError)
            said = "the sink %s could not revise what it wrote of %s: %s"
            log.warning(said, writer.kind.name, revision.name, error, exc_info=not expected)
            return False

    def _opened(self, writer: _Writer) -> Sink | None:
        """Return a sink that is open; None: its options do not hold any more."""
        for known, sink in self._open:
            if known == writer:
                return sink
        made = None
        try:
            config = writer.kind.Config.model_validate(dict(writer.options))
        except ValidationError:
            log.warning("the sink %s has other options than when it wrote, and cannot revise that", writer.kind.name)
        else:
            made = self._stack.enter_context(writer.kind(config, load_settings().stage_context()))
        self._open.append((writer, made))
        return made


def setting_aside(shelf: Path, output_dir: Path) -> Dispose:
    """Return what moves outputs below another folder, each to the place that it had in the output folder.

    What had been moved there before stays: the later one gets a number.
    """

    def move(path: Path) -> None:
        target = shelf / path.relative_to(output_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        numbered = (target.with_name(f"{target.stem}~{number}{target.suffix}") for number in count(1))
        path.rename(next(free for free in chain([target], numbered) if not free.exists()))

    return move


def dispose_of(stale: Sequence[Path], dispose: Dispose) -> int:
    """Take out what no sink could bring in line, say so, and return how much that was."""
    for path in stale:
        log.warning("%s is taken out: its sink has not brought it in line", path)
        dispose(path)
    return len(stale)


def revision_of(
    folder: Path, stays: Callable[[JsonObject], bool], back: Sequence[Segment] = (), *, person: str | None = None
) -> Revision:
    """Return what is about to change of a video.

    Parameters
    ----------
    folder
        The video's, as it stands.
    stays
        Tells of a segment, JSON-ready, whether it stays.
    back
        Segments that come back.
    person
        Who is taken out; None: nobody in particular.
    """
    stated = (statement_of(folder).get("report") or {}).get("segments") or ()
    staying = [Segment.from_json(segment) for segment in stated if stays(segment)]
    known = {segment.id for segment in staying}
    more = tuple(segment for segment in back if segment.id not in known)
    gone = tuple(Segment.from_json(segment) for segment in stated if not stays(segment))
    standing = tuple(sorted([*staying, *more], key=lambda segment: segment.id))
    return Revision(folder, folder.name, standing, gone, tuple(back), person)

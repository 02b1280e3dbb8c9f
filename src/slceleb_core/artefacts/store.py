"""Where intermediate results lie, and how they get there: written aside, and named when they are whole.

Nobody has them on the disk: what a power cut leaves of one is noticed when it is read, and made anew.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType

from slceleb_core.artefacts.archive import DamagedError, Reader, Writer
from slceleb_core.artefacts.packing import PLAIN, SQUEEZING, Packing
from slceleb_core.disk.atomic import PARTIAL
from slceleb_core.disk.holds import FORGOTTEN, delete_abandoned, new_file
from slceleb_core.disk.refusals import writing
from slceleb_core.jobs import REDONE, Redo
from slceleb_core.types import Array, JsonValue

log = logging.getLogger(__name__)

KINDS = ("faces", "meshes", "embeddings", "observations", "scores", "photo", "cut")
"""What can be kept: what the detector found, less the meshes; landmarks and blendshapes; what the recognizer made of
each face; what the speaker stage kept of each, and what it said of each track; what is known of a reference photo; and
the clips."""

PACKINGS = {"embeddings": SQUEEZING, "meshes": SQUEEZING, "observations": SQUEEZING}
"""How kinds are packed that are so large that it pays to make them smaller."""


class ArtefactStore:
    """A folder of intermediate results. Any number of processes may use it at the same time.

    Parameters
    ----------
    root
        The folder; it is made when something is first written.
    kinds
        What of :data:`KINDS` is kept; the rest is neither written nor read.
    redo
        What is made anew: of those kinds only that is used which was made since. None: nothing.
    """

    def __init__(self, root: Path, kinds: Collection[str] = KINDS, redo: Redo | None = None) -> None:
        self.root = root
        self.kinds = frozenset(kinds)
        self._redo = redo
        self._sweep()

    def path(self, kind: str, key: str, suffix: str = ".zip") -> Path:
        """Return where something is, if it is there."""
        return self.root / kind / key[:2] / f"{key}{suffix}"

    def read(self, kind: str, key: str) -> Reader | None:
        """Return what is kept of that kind under that key; None where nothing is that can be used."""
        if kind not in self.kinds:
            return None
        path = self.path(kind, key)
        try:
            reader = Reader(path, PACKINGS.get(kind, PLAIN))
        except FileNotFoundError:
            return None
        except (DamagedError, OSError) as error:
            log.warning("an intermediate result cannot be used, and is made anew: %s: %s", path, error)
            return None
        if self.holds(kind, reader.facts):
            return reader
        reader.close()
        return None

    def holds(self, kind: str, facts: Mapping[str, JsonValue]) -> bool:
        """Tell whether something of a kind, of which this is stated, need not be made anew."""
        return self.stated(kind).items() <= facts.items()

    def stated(self, kind: str) -> dict[str, JsonValue]:
        """Return what is stated of everything of a kind that is made now."""
        return {"redo": self._redo.token} if self._redo is not None and kind in REDONE[self._redo.stage] else {}

    def record(self, kind: str, key: str) -> Recording | None:
        """Return what writes something of that kind; None where that kind is not kept.

        Raises
        ------
        OutputError
            The folder cannot be written to.
        """
        if kind not in self.kinds:
            return None
        return Recording(self.path(kind, key), self.aside(), PACKINGS.get(kind, PLAIN), self.stated(kind))

    def aside(self) -> Path:
        """Return the path of a file that nobody else writes to, in a folder on the same file system as all others."""
        folder = self.root / PARTIAL
        with writing(f"to {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid.uuid4().hex

    def _sweep(self) -> None:
        """Delete what processes left that were killed, on this machine or another.

        A file has a lock as long as it is written, which may be without a word for days; one that is only about to be
        linked has none, so what is young stays.
        """
        with contextlib.suppress(OSError):
            for left in (self.root / PARTIAL).iterdir():
                with contextlib.suppress(OSError):
                    if time.time() - left.stat().st_mtime > FORGOTTEN:
                        delete_abandoned(left)


class Recording:
    """An intermediate result that is being written; a context manager. It comes to nothing unless it is committed.

    Parameters
    ----------
    path
        Where it will be.
    aside
        Where it is written.
    packing
        As of ``Writer``.
    stated
        What is stated of it beside what it is committed with.
    """

    def __init__(self, path: Path, aside: Path, packing: Packing, stated: Mapping[str, JsonValue]) -> None:
        self._path, self._aside, self._stated = path, aside, stated
        self._open = True
        self._lock = contextlib.ExitStack()
        with self._writing():
            self._lock.enter_context(new_file(aside))
            self._stream = aside.open("r+b")
        self._writer = Writer(self._stream, packing)

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def add(self, rows: int, columns: Mapping[str, Array], **numbers: float) -> None:
        """Take an item, as ``Writer.add``.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        with self._writing():
            self._writer.add(rows, columns, **numbers)

    def commit(self, facts: Mapping[str, JsonValue]) -> None:
        """Finish it and put it where it can be found; `facts` are JSON-ready.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        with self._writing():
            self._writer.finish({**facts, **self._stated})
            self._stream.close()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._aside, self._path)  # noqa: PTH105 - over what another process may have put there
        self._open = False
        self._lock.close()

    def discard(self) -> None:
        """Leave nothing of it, unless it has been committed."""
        if not self._open:
            return
        self._open = False
        self._writer.give_up()
        with contextlib.suppress(OSError):  # what could not be written is not wanted
            self._stream.close()
        with contextlib.suppress(OSError):
            self._aside.unlink(missing_ok=True)
        self._lock.close()

    def _writing(self) -> contextlib.AbstractContextManager[None]:
        return writing(f"the intermediate result {self._path}")

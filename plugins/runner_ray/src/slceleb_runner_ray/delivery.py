"""How results come from a worker to where they belong.

A worker never puts anything into place. It leaves what it has made in a place of its own, and reports; the driver moves
it into place when it takes the report. An order whose worker was given up for lost has no report that the driver
takes: should that worker live on, behind a broken network, whatever it still writes stays where nobody looks.
"""

from __future__ import annotations

import secrets
import shutil
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from slceleb_core import disk
from slceleb_core.disk import PARTIAL, prepare, put_in_place, writing

TOKEN = "token"  # noqa: S105 - a file's name
"""File by which a node tells that it sees the folder that the driver means, and not one of the same name."""


class Workplace(ABC):
    """Where one slot writes, as a context manager on its node. It is sent there, so it is small and picklable."""

    @abstractmethod
    def open(self) -> Path:
        """Make it, and return the folder that serves the worker as output folder."""

    @abstractmethod
    def keeps(self, artefacts: Path) -> bool:
        """Tell whether `artefacts`, a folder of the driver's, is seen from here."""

    @abstractmethod
    def hand_over(self, folder: Path) -> None:
        """Bring a finished folder to where the driver takes it from. Raises whatever a failing transfer raises."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing on the node."""

    def __enter__(self) -> Path:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Delivery(ABC):
    """The driver's side.

    Attributes
    ----------
    output_dir
        The driver's output folder.
    token
        What a node must read at :attr:`sight`.
    sight
        The path or URL of the token.
    """

    output_dir: Path
    token: str
    sight: str

    @abstractmethod
    def begin(self) -> None:
        """Write the token.

        Raises
        ------
        UsageError, OutputError
            It cannot be written.
        """

    @abstractmethod
    def workplace(self, slot: str) -> Workplace:
        """Return where a slot is to work."""

    @abstractmethod
    def accept(self, name: str, slot: str) -> Path:
        """Move what a slot has handed over into place, and return the folder in the output folder.

        Raises
        ------
        OutputError
            It cannot be moved.
        """

    @abstractmethod
    def discard(self, name: str, slot: str) -> None:
        """Delete what a slot has handed over: it must not come in."""

    @abstractmethod
    def forget(self, slot: str) -> None:
        """Delete what a slot has left."""

    @abstractmethod
    def close(self) -> None:
        """Delete everything that is not in place."""

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Aside:
    """The driver's own place in ``.partial``, locked so that the next run sweeps it should this one be killed.

    Attributes
    ----------
    token
        Names this run among all that ever had this output folder.
    folder
        The place.
    sight
        The token's file.
    """

    def __init__(self, output_dir: Path) -> None:
        self.output_dir = output_dir
        self.token = secrets.token_hex(8)
        self.folder = output_dir / PARTIAL / f"ray.{self.token}"
        self.sight = self.folder / TOKEN
        self._held: disk.Aside | None = None

    def open(self) -> None:
        """Make it, with the token in it."""
        prepare(self.output_dir)
        with writing(f"to {self.folder}"):
            self._held = disk.Aside(self.output_dir, self.folder.name)
            self.sight.write_text(self.token, encoding="ascii")

    def close(self) -> None:
        """Delete it."""
        if self._held is not None:
            self._held.discard()


def sees(sight: Path, token: str) -> bool:
    """Tell whether the file `sight` holds this token."""
    with suppress(OSError):
        return sight.read_text(encoding="ascii") == token
    return False


class SharedWorkplace(Workplace):
    """A folder that driver and node both see.

    Parameters
    ----------
    folder
        The slot's own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> Path:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def keeps(self, artefacts: Path) -> bool:
        """Tell that it does: they are in the output folder, too."""
        return artefacts.parent.is_dir()

    def hand_over(self, folder: Path) -> None:
        """Do nothing: the driver sees the folder."""

    def close(self) -> None:
        """Do nothing: the driver deletes it."""


class SharedFolder(Delivery):
    """Results in an output folder that all nodes see; moving them into place is a rename.

    Parameters
    ----------
    output_dir
        The folder.
    """

    def __init__(self, output_dir: Path) -> None:
        self.output_dir = output_dir
        self._aside = Aside(output_dir)
        self.token, self.sight = self._aside.token, str(self._aside.sight)

    def begin(self) -> None:
        """Make the place in ``.partial``."""
        self._aside.open()

    def workplace(self, slot: str) -> Workplace:
        """Return a folder in it."""
        return SharedWorkplace(self._place(slot))

    def accept(self, name: str, slot: str) -> Path:
        """Rename."""
        return put_in_place(self._place(slot) / name, self._aside.output_dir, name)

    def discard(self, name: str, slot: str) -> None:
        """Delete the folder."""
        shutil.rmtree(self._place(slot) / name, ignore_errors=True)

    def forget(self, slot: str) -> None:
        """Delete the slot's folder."""
        shutil.rmtree(self._place(slot), ignore_errors=True)

    def close(self) -> None:
        """Delete the place."""
        self._aside.close()

    def _place(self, slot: str) -> Path:
        return self._aside.folder / slot

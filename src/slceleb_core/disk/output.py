"""One video's results on disk: written aside, and moved into place as a whole when all of it is there.

::

    OUTPUT_DIR/
      <name>/            a finished video; `source.json` says of which file, and what else is stated of it
      .partial/<name>/   being written; whoever holds the lock of it has the name, too
      .earlier/          results that a later run of the same video has replaced; nothing is ever deleted here
"""

from __future__ import annotations

import json
from pathlib import Path

from slceleb_core.disk.atomic import PARTIAL, Aside, shelve, token
from slceleb_core.disk.holds import HeldError
from slceleb_core.disk.naming import safe_name, short_hash
from slceleb_core.disk.refusals import ELSEWHERE, writing
from slceleb_core.disk.syncing import make_folder
from slceleb_core.errors import OneVideoError, OutputError
from slceleb_core.types import JsonValue

SOURCE = "source.json"

EARLIER = ".earlier"

OWN_FOLDERS = frozenset({"draws", "learned", "manifests", "report", "splits"})
"""Folders that are about all videos."""

OWN_ENDINGS = (".csv", ".json", ".html", ".md", ".sqlite", ".log")
"""How files end that are about all videos."""


def prepare(output_dir: Path) -> None:
    """Create the output folder, and make sure that it can be written to.

    Raises
    ------
    OutputError
        It cannot be written to.
    """
    probe = output_dir / PARTIAL / f"probe.{token()}"
    try:
        make_folder(probe.parent)
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot write to the output folder {output_dir}: {reason}", ELSEWHERE) from error


class OutputFolder:
    """The results of one video while they are being written. Its name is nobody else's as long as they are.

    Parameters
    ----------
    output_dir
        The output folder.
    video
        The file.
    name
        What the folder will be called; None: the video's stem, with a short hash where another video has that name.

    Attributes
    ----------
    name
        What the folder will be called.
    folder
        Where to write now.

    Raises
    ------
    OneVideoError
        The name is that of something else.
    OutputError
        Somebody is writing results of that video, or under that name; or the output folder cannot be written to.
    """

    def __init__(self, output_dir: Path, video: Path, name: str | None = None) -> None:
        self.output_dir = output_dir
        self._source = str(video.absolute())
        with writing(f"to {output_dir / PARTIAL}"):
            self._aside = self._reserved(video, name)
        self.folder = self._aside.folder
        self.name = self.folder.name
        try:
            self.state()
        except BaseException:
            self.discard()
            raise

    def _reserved(self, video: Path, name: str | None) -> Aside:
        """Return the folder aside, under a name that is free or the video's own; it is, until that is let go."""
        names = _names(self.output_dir, video) if name is None else (name,)
        for candidate in names:
            try:
                aside = Aside(self.output_dir, candidate, self._source)
            except HeldError as held:
                if name is not None or held.facts.get("video") == self._source:
                    raise _at_work(video, self.output_dir / candidate, held) from held
                continue
            if _is_open_to(self.output_dir / candidate, self._source):
                return aside
            aside.discard()
        raise _taken(video, self.output_dir / names[-1])

    def state(self, **facts: JsonValue) -> None:
        """Write `source.json`: of which video these results are, and whatever else is known by now, JSON-ready."""
        with writing(f"to {self.folder}"):
            text = json.dumps({"video": self._source, **facts}, default=str)
            (self.folder / SOURCE).write_text(text + "\n", encoding="utf-8")

    def publish(self) -> Path:
        """Move the folder into place and return where it is; what stood there goes to ``.earlier``.

        All of it is on the disk when this returns.
        """
        target = self.output_dir / self.name
        with writing(f"to {target}"):
            self._aside.put(target, self.output_dir / EARLIER)
        return target

    def discard(self) -> None:
        """Delete what has been written so far; what has been published stays."""
        self._aside.discard()


def put_in_place(folder: Path, output_dir: Path, name: str) -> Path:
    """Move a finished folder to ``output_dir/name`` and return that; what stood there goes to ``.earlier``.

    Both are on one file system, so that results are there as a whole or not at all, and on the disk when this returns.

    Raises
    ------
    OneVideoError
        The name is that of something else.
    OutputError
        Somebody is writing results under that name, or it cannot be moved.
    """
    video, target = source_of(folder) or "", output_dir / name
    with writing(f"to {target}"):
        try:
            aside = Aside(output_dir, name, video)
        except HeldError as held:
            raise _at_work(Path(video), target, held) from held
        try:
            if not _is_open_to(target, video):
                raise _taken(Path(video), target)
            folder.rename(aside.folder)
            aside.put(target, output_dir / EARLIER)
        finally:
            aside.discard()
    return target


def set_aside(output_dir: Path, name: str) -> None:
    """Move what stands at ``output_dir/name``, if anything does, to ``.earlier``; nothing takes its place yet."""
    target = output_dir / name
    if target.exists():
        with writing(f"to {target}"):
            shelve(target, output_dir / EARLIER, name)


def _at_work(video: Path, target: Path, held: HeldError) -> OutputError:
    hint = f"wait for it, or {ELSEWHERE}"
    if held.unlocked is not None:
        hint = f"wait for it; if it is gone, delete {held.unlocked}: this file system knows no locks"
    return OutputError(f"{video}: {held.holder} is writing results to {target}", hint)


def _taken(video: Path, target: Path) -> OneVideoError:
    return OneVideoError(
        f"{video}: {target} is no result of it", "give it another name, or move away what stands there"
    )


def _names(output_dir: Path, video: Path) -> list[str]:
    """Return what a video's folder may be called, the best name first: that under which its results stand."""
    source, stem = str(video.absolute()), safe_name(video.stem)
    names = [stem] if not is_reserved(stem) else []
    names.append(f"{stem}-{short_hash(source)}")
    return sorted(names, key=lambda name: source_of(output_dir / name) != source)


def _is_open_to(place: Path, source: str) -> bool:
    """Tell whether nothing stands at a place but what is of that video."""
    return not place.exists() or source_of(place) == source


def is_reserved(name: str) -> bool:
    """Tell whether something in an output folder is called so that is about all videos, in upper or lower case."""
    folded = name.casefold()
    return folded in OWN_FOLDERS or folded.endswith(OWN_ENDINGS)


def statement_of(folder: Path) -> dict[str, JsonValue]:
    """Return what is stated of a finished video: ``video`` and whatever else; empty where it is no results folder."""
    try:
        stated = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}


def source_of(folder: Path) -> str | None:
    """Return the video that a results folder is of; None where it is no results folder."""
    video = statement_of(folder).get("video")
    return None if video is None else str(video)


def earlier_results(output_dir: Path) -> dict[str, list[Path]]:
    """Return the folders of results that later ones have replaced, by the name of the video's, the oldest first."""
    found: dict[str, list[tuple[int, Path]]] = {}
    for folder in (output_dir / EARLIER).glob("*.*"):
        name, _, number = folder.name.rpartition(".")
        if number.isdecimal():
            found.setdefault(name, []).append((int(number), folder))
    return {name: [folder for _, folder in sorted(numbered)] for name, numbered in sorted(found.items())}


def results_in(output_dir: Path) -> list[Path]:
    """Return the folders of finished videos, in order of name."""
    return sorted(p for p in output_dir.iterdir() if not p.name.startswith(".") and (p / SOURCE).is_file())

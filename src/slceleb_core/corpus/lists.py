"""The lists of a split, on disk: ``splits/train.lst``, ``train.csv`` and so on, and ``split.json``."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

from slceleb_core.corpus.editing import edit_rows
from slceleb_core.corpus.reading import Corpus
from slceleb_core.corpus.splitting import LISTS, Split
from slceleb_core.disk.atomic import replacing_file, replacing_folder
from slceleb_core.disk.refusals import writing

FOLDER = "splits"

FORMAT = 1
"""Raised when a reader of the JSON would have to change."""

COLUMNS = ("id", "person", "video", "wav")


def write_split(corpus: Corpus, made: Split, root: str | None) -> Path:
    """Write the lists of a split, in place of earlier ones, and return their folder.

    Parameters
    ----------
    corpus
        What was split.
    made
        The split.
    root
        What paths begin with in place of the output folder's own absolute path; None: with that.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    target = corpus.folder / FOLDER
    with writing(f"to {target}"), replacing_folder(corpus.folder, target) as folder:
        for name in LISTS:
            said = list(made.utterances(corpus, name))
            (folder / f"{name}.lst").write_text("".join(f"{utterance.id}\n" for utterance in said), encoding="utf-8")
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows(
                    (utterance.id, utterance.person, utterance.recording, _placed(utterance.audio, corpus, root))
                    for utterance in said
                )
        data = {"format": FORMAT, **asdict(made)}
        (folder / "split.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return target


def _placed(path: Path | None, corpus: Corpus, root: str | None) -> str:
    if path is None:
        return ""
    return str(path.absolute()) if root is None else str(Path(root) / path.relative_to(corpus.folder))


def keep_only(output_dir: Path, standing: Mapping[str, str], recordings: Collection[str]) -> None:
    """Take out of the lists what is not in the corpus any more; what stays, stays where it is.

    Parameters
    ----------
    output_dir
        The corpus.
    standing
        Who speaks, by the ids of the utterances that are there. An id may be somebody else's since the lists were made.
    recordings
        Names of the videos that are there.

    Raises
    ------
    OSError
        They cannot be written.
    """
    folder = output_dir / FOLDER
    for path in sorted(folder.glob("*.lst")):
        table = path.with_suffix(".csv")
        kept = standing.keys() - _of_others(table, standing)
        lines = path.read_text(encoding="utf-8").splitlines()
        with replacing_file(path) as aside:
            aside.write_text("".join(f"{line}\n" for line in lines if line in kept), encoding="utf-8")
        edit_rows(table, partial(_row_of, standing=standing))
    stated = folder / "split.json"
    if stated.is_file():
        data = json.loads(stated.read_text(encoding="utf-8"))
        data["recordings"] = {
            name: [recording for recording in of if recording in recordings] for name, of in data["recordings"].items()
        }
        with replacing_file(stated) as aside:
            aside.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def _row_of(row: dict[str, str], standing: Mapping[str, str]) -> dict[str, str] | None:
    return row if standing.get(row["id"]) == row["person"] else None


def _of_others(table: Path, standing: Mapping[str, str]) -> set[str]:
    """Return the ids of a list that are somebody else's by now."""
    if not table.is_file():
        return set()
    with table.open(encoding="utf-8", newline="") as stream:
        return {row["id"] for row in csv.DictReader(stream) if _row_of(row, standing) is None}

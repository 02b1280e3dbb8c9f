"""The table that leads back to names, for forms in which words without blanks stand for them (``naming.tokens``)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

FILE = "names.csv"
"""The table that leads from words back to names."""


def write_names(folder: Path, words: Mapping[str, Mapping[str, str]]) -> None:
    """Write which word stands for which name: a table of ``kind,word,name``.

    Parameters
    ----------
    folder
        The manifest's.
    words
        By kind, such as ``person``, the word of each name.
    """
    with (folder / FILE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("kind", "word", "name"))
        for kind, of in words.items():
            writer.writerows((kind, word, name) for name, word in of.items())

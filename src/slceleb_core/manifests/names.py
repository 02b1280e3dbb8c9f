"""Names without blanks, for forms whose columns are divided by blanks."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from slceleb_core.disk.naming import safe_name, short_hash

NOTHING = frozenset({"na", "nan", "-nan", "null", "none", "#na", "-1.#ind", "-1.#qnan", "1.#ind", "1.#qnan"})
"""Words, in lower case, that pandas takes for a missing value, and with it everything that reads tables by it."""

FILE = "names.csv"
"""The table that leads from words back to names."""


def tokens(names: Iterable[str]) -> dict[str, str]:
    """Return, for each name, a word without blanks that is also safe as a file name.

    Letters of every script are kept, blanks become underscores. Where two names would share a word, those that had to
    be changed get a short hash of the name, and so does what would be read as no name at all, such as ``null``.
    """
    known = sorted(set(names))
    plain = {name: "_".join(safe_name(name).split()) for name in known}
    shared = Counter(word.casefold() for word in plain.values())
    return {name: word if _stays(name, word, shared) else f"{word}-{short_hash(name)}" for name, word in plain.items()}


def _stays(name: str, word: str, shared: Mapping[str, int]) -> bool:
    return word.casefold() not in NOTHING and (word == name or shared[word.casefold()] == 1)


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

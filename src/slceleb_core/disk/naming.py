"""Names that are safe as a file or folder name, or as a word of a table, whatever a person or a video is called."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

LONGEST = 120
"""Bytes of UTF-8 that a name may have; file systems allow 255, and suffixes are added."""

FORBIDDEN = set('/\\:*?"<>|')
"""Separators, and what Windows and FAT do not allow: corpora travel on such disks."""

DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""What Windows takes for a device, whatever follows behind a dot."""

NOTHING = frozenset({"na", "nan", "-nan", "null", "none", "#na", "-1.#ind", "-1.#qnan", "1.#ind", "1.#qnan"})
"""Words, in lower case, that pandas takes for a missing value, and with it everything that reads tables by it."""


def safe_name(name: str) -> str:
    """Return `name` as a single, visible path component.

    Letters of every script are kept. Where anything had to be changed, a short hash of the whole name is added, so
    that two different names never share a folder.
    """
    normal = unicodedata.normalize("NFC", name)
    kept = "".join("_" if c in FORBIDDEN or not c.isprintable() else c for c in normal)
    kept = kept.strip(" .")
    if kept.partition(".")[0].rstrip().casefold() in DEVICES:
        kept = f"_{kept}"
    while len(kept.encode()) > LONGEST:
        kept = kept[:-1]
    if kept == normal and kept:
        return kept
    return f"{kept.strip(' .') or 'unnamed'}-{short_hash(name)}"


def readable(path: Path | str) -> str:
    """Return a path, or a part of one, as text that can be written anywhere; what is not UTF-8 as backslash escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def short_hash(text: str) -> str:
    """Return eight hex digits that depend on the whole text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


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

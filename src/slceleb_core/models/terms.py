"""Terms of model files that somebody has to accept once, and where it is kept that they have.

Acceptance is kept in the cache, beside the files that it is about, one small file for each terms. Where the variable
``SLCELEB_ACCEPT_LICENCES`` names terms, they are accepted as long as it does, and nothing is kept.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from slceleb_core.errors import ModelError, OutputError

FOLDER = "licences"
"""Folder in the cache in which acceptance is kept."""

VARIABLE = "SLCELEB_ACCEPT_LICENCES"
"""The environment variable that names terms, divided by commas."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
"""What terms may be called: it becomes the name of a file, and an entry of a list divided by commas."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms on which a file may be used, and which whoever uses it has to accept first.

    Attributes
    ----------
    name
        By which they are accepted: small letters, digits and hyphens.
    summary
        What they ask, in a few words that follow "is for".
    url
        Where they can be read.
    """

    name: str
    summary: str
    url: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"terms are named in small letters, digits and hyphens, not {self.name!r}")

    def __str__(self) -> str:
        return f"{self.summary} ({self.url})"


def acceptance(terms: Terms, cache: Path, named: Collection[str]) -> str | None:
    """Return when and how terms were accepted, in a few words; None where they were not.

    Parameters
    ----------
    terms
        Which.
    cache
        The folder with the model files.
    named
        Names of terms that the machine's settings accept.
    """
    try:
        kept = json.loads(_place(terms, cache).read_text(encoding="utf-8"))
        return str(kept["accepted"])
    except (OSError, ValueError, TypeError, KeyError):  # what cannot be read says nothing, and can be said again
        return VARIABLE if terms.name in named else None


def accept(terms: Terms, cache: Path) -> Path:
    """Keep it that terms are accepted, and return the file in which it is; the first time counts.

    Raises
    ------
    OutputError
        The cache cannot be written.
    """
    path = _place(terms, cache)
    if acceptance(terms, cache, ()) is not None:
        return path
    when = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    text = json.dumps({"name": terms.name, "summary": terms.summary, "url": terms.url, "accepted": when}, indent=2)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text + "\n", encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        hint = f"set SLCELEB_CACHE to a folder that can be written, or {VARIABLE}={terms.name}"
        raise OutputError(f"cannot write {path}: {error.strerror or error}", hint) from error
    return path


def demand(what: str, terms: Terms, cache: Path, named: Collection[str]) -> None:
    """Raise ModelError unless terms were accepted.

    Parameters
    ----------
    what
        What they are the terms of, for the message.
    terms, cache, named
        As of :func:`acceptance`.
    """
    if acceptance(terms, cache, named) is None:
        raise ModelError(
            f"{what} is for {terms}, which you have to accept once",
            f"`slceleb models accept {terms.name}`, or set {VARIABLE}={terms.name}",
        )


def _place(terms: Terms, cache: Path) -> Path:
    return cache / FOLDER / f"{terms.name}.json"

"""The page itself: one HTML file with its style, its script and its data, which asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from slceleb_core.pages.markup import own_text, rendered, verbatim

SCRIPTS = ("dom.js", "store.js", "verdicts.js", "drawing.js", "player.js", "listing.js", "main.js")
"""In the order in which they build on each other."""

OPENING = '<script type="application/json" id="data">'
"""What the data in a page begin with."""


def page(title: str, data: dict[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    title
        What the window is called.
    data
        What the script shows; JSON-ready.
    """
    return filled("review/page.html", title, data, style_text(), script_text())


def filled(template: str, title: str, data: dict[str, Any], style: str, script: str) -> str:
    """Return a page that holds its style, its script and its data, and may load nothing but media from disk.

    Parameters
    ----------
    template
        Its path in the package.
    title, data
        As of :func:`page`.
    style, script
        Of this program.
    """
    return rendered(
        template,
        title=title,
        policy=_policy(style, script),
        style=verbatim(style),
        script=verbatim(script),
        data=data,
    )


def data_of(path: Path) -> dict[str, Any] | None:
    """Return the data of a page that stands; None where there is none, or it is not one of this program."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    _, found, rest = text.partition(OPENING)
    if not found:
        return None
    try:
        data = json.loads(rest.partition("</script>")[0])
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


@cache
def program() -> str:
    """Return all that a page consists of beside its data."""
    return style_text() + script_text() + own_text("pages/base.html") + own_text("review/page.html")


@cache
def style_text() -> str:
    """Return the style: that of all pages, and what this one adds."""
    return own_text("pages/page.css") + own_text("review/page.css")


@cache
def script_text() -> str:
    """Return the script."""
    return in_one_scope(f"review/script/{name}" for name in SCRIPTS)


def in_one_scope(paths: Iterable[str]) -> str:
    """Return scripts of the package as one, in a scope of its own."""
    parts = "\n".join(map(own_text, paths))
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _policy(style: str, script: str) -> str:
    """Return what the page may load: pictures out of itself, sound and pictures from disk, its own style and script."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"

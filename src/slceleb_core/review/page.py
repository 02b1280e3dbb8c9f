"""The page itself: one HTML file with its style, its script and its data, which asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from slceleb_core.pages.markup import STYLE, element

OWN = importlib.resources.files("slceleb_core.review")

SCRIPTS = ("store.js", "verdicts.js", "drawing.js", "player.js", "listing.js", "main.js")
"""In the order in which they build on each other."""

OPENING = '<script type="application/json" id="data">'
"""What the data in a page begin with."""

UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
"""What could end a script element, or a line of one."""


def page(title: str, data: dict[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    title
        What the window is called.
    data
        What the script shows; JSON-ready.
    """
    style, script = style_text(), script_text()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f'<meta http-equiv="Content-Security-RetryPolicy" content="{escape(_policy(style, script))}">'
    head += '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
    head += element("title", escape(title)) + element("style", style)
    body = (OWN / "page.html").read_text(encoding="utf-8").replace("{title}", escape(title))
    data_block = f"{OPENING}{as_script(data)}</script>"
    whole = f"<head>{head}</head>\n<body>\n{body}\n{data_block}\n<script>{script}</script>\n</body>"
    return "<!DOCTYPE html>\n" + element("html", whole, lang="en") + "\n"


def as_script(data: Any) -> str:
    """Return data as JSON, in ASCII, that can stand in a script element whatever names are in it."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).translate(UNSAFE)


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
    return style_text() + script_text() + (OWN / "page.html").read_text(encoding="utf-8")


@cache
def style_text() -> str:
    """Return the style: that of all pages, and what this one adds."""
    return STYLE.read_text(encoding="utf-8") + (OWN / "page.css").read_text(encoding="utf-8")


@cache
def script_text() -> str:
    """Return the script, in a scope of its own."""
    parts = "\n".join((OWN / "script" / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _policy(style: str, script: str) -> str:
    """Return what the page may load: pictures out of itself, sound and pictures from disk, its own style and script."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"

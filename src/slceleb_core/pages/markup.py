"""Filling templates. A page has no font of its own and asks nobody for anything; whatever is put into it is escaped."""

from __future__ import annotations

import importlib.resources
import json
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

PACKAGE = "slceleb_core"
"""Templates are named by their paths in it: each stands beside the module that fills it."""


def rendered(template: str, **values: object) -> str:
    """Return a filled template.

    Parameters
    ----------
    template
        Its path in the package.
    values
        What it asks for.

    Raises
    ------
    jinja2.UndefinedError
        It asks for something that is not there.
    """
    return environment().get_template(template).render(values)


@cache
def environment() -> Environment:
    """Return what all templates are read with: everything is escaped, and nothing is empty because it was forgotten."""
    made = Environment(
        loader=PackageLoader(PACKAGE, ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    made.filters["thousands"] = "{:,}".format
    made.globals["style"] = verbatim(own_text("pages/page.css"))
    return made


@cache
def own_text(path: str) -> str:
    """Return the text of a file of this package."""
    return importlib.resources.files(PACKAGE).joinpath(path).read_text(encoding="utf-8")


def verbatim(text: str) -> Markup:
    """Return a style or a script of this program as one that is not escaped in its element, where no escape is known.

    Raises
    ------
    ValueError
        It could end its element.
    """
    if "</" in text or "<!--" in text:
        raise ValueError("a style or a script must not hold what ends it")
    return Markup(text)  # noqa: S704 - it comes out of this package


def written(text: str) -> set[str]:
    """Return all that a text may look like in the source of a page: as it is read, in JSON, and in a script's data."""
    in_json = json.dumps(text, ensure_ascii=False)[1:-1]
    return {str(escape(text)), str(escape(in_json)), str(htmlsafe_json_dumps(text))[1:-1]}


def _shown(value: object) -> object:
    """Return a value as it is written: hundredths of a pixel are enough for any drawing."""
    return f"{value:.2f}" if isinstance(value, float) else value

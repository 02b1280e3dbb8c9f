"""Filling templates of Markdown: whatever is put into one is shown as it is, in one line."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from slceleb_core.pages.markup import PACKAGE
from slceleb_core.pages.wording import ABSENT

SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")
"""What Markdown, or the HTML in it, would take for more than itself."""


def rendered_markdown(template: str, **values: object) -> str:
    """Return a filled template.

    Parameters
    ----------
    template
        Its path in the package.
    values
        What it asks for. A table is shown by including ``pages/table.md`` where `sheet` is one.

    Raises
    ------
    jinja2.UndefinedError
        It asks for something that is not there.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(PACKAGE, ""),
        autoescape=False,  # noqa: S701 - that would be for HTML; `finalize` escapes
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _plain(value: object) -> str:
    """Return a value as text that Markdown shows as it is; a rule of a table is made by its template."""
    return SPECIAL.sub(r"\\\1", " ".join(str(value).split())) or ABSENT

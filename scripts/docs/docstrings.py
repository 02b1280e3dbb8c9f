"""NumPy docstrings and signatures as Markdown, alike under every version of Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

ROLE = re.compile(r":(?:class|meth|func|data|attr|mod):`~?([^`]+)`")
STARS: dict[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
LITERAL = re.compile(r"``([^`]+)``")


def markdown(thing: object) -> str:
    """Return the docstring of a class or function as Markdown; empty where it has none of its own."""
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    return "\n".join(_lines(_inline(text).splitlines())).strip()


def first_line(thing: object) -> str:
    """Return what a docstring says in its first paragraph."""
    return " ".join(markdown(thing).partition("\n\n")[0].split())


def _inline(text: str) -> str:
    """Return the text with the marks of reStructuredText inside of lines turned into backticks."""
    short = ROLE.sub(lambda found: f"`{found[1].rpartition('.')[2]}`", text)
    return LITERAL.sub(r"`\1`", short)


def _lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines with sections as bold words, what they define as lists, and literal blocks fenced."""
    section = False
    place = 0
    while place < len(lines):
        line = lines[place]
        below = lines[place + 1] if place + 1 < len(lines) else ""
        if line and set(below) == {"-"}:
            section = True
            yield from (f"**{line}**", "")
            place += 2
        elif line.endswith("::"):
            block, place = _block(lines, place + 1)
            yield from (line[:-1].rstrip(": ") + ":" * (line != "::"), "", "```python", *block, "```")
        elif section and line and not line.startswith(" "):
            told, place = _block(lines, place + 1)
            names = ", ".join(f"`{name.strip()}`" for name in line.split(","))
            yield f"- {names}: {' '.join(part.strip() for part in told if part)}"
        else:
            yield line
            place += 1


def _block(lines: list[str], place: int) -> tuple[list[str], int]:
    """Return the indented lines from `place` on, without their indent and outer blanks, and where they end."""
    end = place
    while end < len(lines) and (not lines[end] or lines[end].startswith(" ")):
        end += 1
    block = inspect.cleandoc("\n".join(["", *lines[place:end]])).splitlines()
    if end > place and not lines[end - 1] and end < len(lines):
        end -= 1  # the blank line belongs to what follows
    return block, end


def signature(function: Callable[..., Any]) -> str:
    """Return a function's name, parameters and result as its source has them."""
    described = inspect.signature(function)
    return f"{function.__name__}({', '.join(_parameters(described))}){result(function, ' -> ')}"


def result(function: Callable[..., Any], sign: str) -> str:
    """Return what a function is annotated to return, behind a sign; empty where it is not."""
    annotation = inspect.signature(function).return_annotation
    return "" if annotation is inspect.Signature.empty else f"{sign}{_annotation(annotation)}"


def _parameters(described: inspect.Signature) -> Iterator[str]:
    starred = False
    for parameter in described.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        text = STARS.get(parameter.kind, "") + parameter.name
        text += "" if parameter.annotation is parameter.empty else f": {_annotation(parameter.annotation)}"
        yield text if parameter.default is parameter.empty else f"{text} = {parameter.default!r}"


def _annotation(given: object) -> str:
    return given if isinstance(given, str) else getattr(given, "__name__", str(given))

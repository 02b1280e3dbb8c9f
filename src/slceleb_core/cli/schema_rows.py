"""A JSON Schema, one row an option: what a person wants to know of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

BOUNDS: Mapping[str, str] = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "multipleOf": "a multiple of {}",
    "minLength": "≥ {} characters",
    "maxLength": "≤ {} characters",
    "minItems": "≥ {} entries",
    "maxItems": "≤ {} entries",
    "pattern": "like {}",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    Attributes
    ----------
    path
        Its name, with the names of the options that it lies in.
    type, default, bounds, description
        In words.
    """

    path: str
    type: str
    default: str
    bounds: str
    description: str


def rows(schema: Schema) -> Iterator[Option]:
    """Yield the options that an object's schema describes, depth first."""
    yield from _rows(schema, schema.get("$defs", {}), "")


def _rows(schema: Schema, definitions: Schema, prefix: str) -> Iterator[Option]:
    required = schema.get("required", ())
    for name, given in schema.get("properties", {}).items():
        field = _resolved(given, definitions)
        path = f"{prefix}{name}"
        yield Option(
            path,
            _type(field, definitions),
            "(required)" if name in required else json.dumps(field.get("default"), ensure_ascii=False),
            _bounds(field, definitions),
            field.get("description", ""),
        )
        yield from _rows(field, definitions, f"{path}.")


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """Return a schema with its reference, if it is one, replaced by what that leads to."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return {**definitions[name], **schema} if name else schema


def _alternatives(schema: Schema, definitions: Schema) -> list[Schema]:
    return [_resolved(alternative, definitions) for alternative in schema.get("anyOf", schema.get("oneOf", [schema]))]


def _type(schema: Schema, definitions: Schema) -> str:
    return " or ".join(_name(alternative, definitions) for alternative in _alternatives(schema, definitions))


def _name(schema: Schema, definitions: Schema) -> str:
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return ", ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_type(_resolved(schema['items'], definitions), definitions)}"
    return str(schema.get("format", schema.get("type", "any")))


def _bounds(schema: Schema, definitions: Schema) -> str:
    said: list[str] = []
    for alternative in _alternatives(schema, definitions):
        said.extend(text.format(alternative[key]) for key, text in BOUNDS.items() if key in alternative)
    return ", ".join(said)

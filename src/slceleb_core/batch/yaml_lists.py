"""Rows of a YAML list: paths or mappings, every value as it is written.

YAML would make 7 of an id 007, true of a consent ``yes``, and 3723 of a time 1:02:03; so the tree is read before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from slceleb_core.errors import UsageError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C where PyYAML was built with it: ten thousand rows in half a second instead of five."""

NULL = "tag:yaml.org,2002:null"

MERGE = "tag:yaml.org,2002:merge"


def yaml_rows(text: str, path: Path) -> Iterator[tuple[str, dict[str, str | list[str]]]]:
    """Yield where each entry is (``list.yaml:3``) and its values by name, in lower case; a path alone is ``video``.

    Raises
    ------
    UsageError
        It is not YAML, or not a list of paths and mappings of texts.
    """
    try:
        tree = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"{path}{line}: {error.problem}", "begin each with '- '; quote what is unusual") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if tree is None:
        return
    if not isinstance(tree, yaml.SequenceNode):
        raise UsageError(f"{_where(tree, path)}: expected a list of videos", "begin each with '- '")
    for entry in tree.value:
        yield _where(entry, path), _row(entry, path)


def _where(node: yaml.Node, path: Path) -> str:
    return f"{path}:{node.start_mark.line + 1}"


def _row(entry: yaml.Node, path: Path) -> dict[str, str | list[str]]:
    if isinstance(entry, yaml.ScalarNode) and entry.tag != NULL:
        return {"video": entry.value}
    if not isinstance(entry, yaml.MappingNode):
        raise UsageError(f"{_where(entry, path)}: neither a path nor a mapping", "such as '- video: talk.mp4'")
    shared: dict[str, str | list[str]] = {}
    own: dict[str, str | list[str]] = {}
    for key, value in entry.value:
        if key.tag == MERGE and isinstance(value, yaml.MappingNode):
            shared |= dict(_named(name_node, node, path) for name_node, node in value.value if node.tag != NULL)
            continue
        name, texts = _named(key, value, path)
        if name in own:
            raise UsageError(f"{_where(key, path)}: {name} is given twice", "give it once")
        if value.tag != NULL:
            own[name] = texts
    return shared | own


def _named(key: yaml.Node, value: yaml.Node, path: Path) -> tuple[str, str | list[str]]:
    """Return a key in lower case and its value: a text, or a list of texts."""
    if isinstance(key, yaml.ScalarNode):
        name = str(key.value).strip().lower()
        if isinstance(value, yaml.ScalarNode):
            return name, str(value.value)
        if isinstance(value, yaml.SequenceNode) and all(isinstance(text, yaml.ScalarNode) for text in value.value):
            return name, [str(text.value) for text in value.value]
    raise UsageError(f"{_where(value, path)}: expected a text, or a list of texts", "such as 'licence: CC BY'")

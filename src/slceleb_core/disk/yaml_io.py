"""Reading YAML the strict way: safe types only, no key twice, errors with a line number."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from slceleb_core.errors import ProfileError


class _StrictLoader(yaml.SafeLoader):
    """The safe loader, but a key given twice is an error instead of the last one winning in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key} is given twice", node.value[place][0].start_mark
                )
        return super().construct_mapping(node, deep)


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the mapping that a YAML text holds.

    Parameters
    ----------
    text
        The YAML.
    name
        What to call it in an error.

    Raises
    ------
    ProfileError
        It is not YAML, or not a mapping; the message names line and column.
    """
    try:
        tree = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ProfileError(f"{name}{where}: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ProfileError(f"{name}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(tree, dict):
        raise ProfileError(f"{name}: expected a mapping of sections", "see `slceleb profiles show default`")
    return tree

"""Libraries of the extra ``evaluation``, imported where they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from slceleb_core.errors import UsageError

INSTALL = "pip install 'slceleb-core[evaluation]'"


def extra(module: str) -> Any:
    """Return a module of the extra ``evaluation``.

    Parameters
    ----------
    module
        Its dotted name.

    Raises
    ------
    UsageError
        It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(f"evaluation needs {error.name}, which is not installed", INSTALL) from None

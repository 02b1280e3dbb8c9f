"""slceleb: who is seen speaking, and when; the core of the plugin framework.

The names below are the public Python API; everything a plugin needs is in ``slceleb_core.stages``,
``slceleb_core.types``, ``slceleb_core.results``, ``slceleb_core.models`` and ``slceleb_core.testing``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slceleb_core.errors import SlcelebError
from slceleb_core.hookspecs import hookimpl

if TYPE_CHECKING:
    from slceleb_core.pipeline import Pipeline

__all__ = ["Pipeline", "SlcelebError", "hookimpl"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the pipeline when it is first asked for: a plugin needs `hookimpl`, not a video decoder."""
    if name == "Pipeline":
        from slceleb_core.pipeline import Pipeline

        return Pipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

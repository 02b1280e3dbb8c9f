"""slceleb: who is seen speaking, and when; the core of the plugin framework.

The names below are the public Python API; everything a plugin needs is in ``slceleb_core.stages``,
``slceleb_core.types``, ``slceleb_core.models`` and ``slceleb_core.testing``.
"""

from slceleb_core.errors import SlcelebError
from slceleb_core.hookspecs import hookimpl

__all__ = ["SlcelebError", "hookimpl"]
__version__ = "0.1.0"

"""The command ``slceleb``. It talks; what it does, anybody can do from Python.

One module a command group. Whatever is slow to import is imported inside of the command that needs it.
"""

from slceleb_core.cli.app import app, main

__all__ = ["app", "main"]

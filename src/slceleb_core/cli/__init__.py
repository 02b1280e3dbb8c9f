"""The command ``slceleb``. It talks; what it does, anybody can do from Python.

One module a command group. Whatever is slow to import is imported inside of the command that needs it.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process, and exit.

    Only that imports it: every worker of a batch, who talks to nobody, imports this module as its parent's.
    """
    from slceleb_core.cli.app import main

    main()

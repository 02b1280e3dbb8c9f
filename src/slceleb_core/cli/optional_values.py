"""Options that may stand without a value: ``--resume [FILE]`` and ``--redo [STAGE]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from slceleb_core.cli.options import FROM_OUTPUT_DIR

RESUME, REDO = "--resume", "--redo"


class RunCommand(TyperCommand):
    """A command whose ``--resume`` and ``--redo`` may stand without a value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        followed = zip(args, [*args[1:], "-"], strict=False)  # without a word there is none to follow either
        return super().parse_args(ctx, [_completed(word, following) for word, following in followed])


def _completed(word: str, following: str) -> str:
    """Return a word of the command line, with what it stands for where it is an option without a value."""
    if word == RESUME and following.startswith("-"):
        return f"{RESUME}={FROM_OUTPUT_DIR}"
    return _redo(following) if word == REDO else word


def _redo(following: str) -> str:
    """Return ``--redo``, with all stages where another option follows, or a video.

    What is neither is taken for a stage, and refused where there is none: a slip of the pen redoes nothing.
    """
    from slceleb_core.jobs import EVERYTHING, REDONE

    bare = following not in REDONE and (following.startswith("-") or Path(following).exists())
    return f"{REDO}={EVERYTHING}" if bare else REDO

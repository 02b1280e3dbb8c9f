"""Ray's errors, which fill a screen, in a few words."""

from __future__ import annotations

import re

from ray.exceptions import ActorDiedError, ActorUnavailableError, OutOfMemoryError, RayTaskError

NODE = re.compile("node has died")
MEMORY = re.compile(r"OOM killed|low on memory|NODE_OUT_OF_MEMORY", re.IGNORECASE)
EXIT = re.compile(r"exits with an exit code (\d+)")
WORDLESS = re.compile(r"connection error code 2")
"""How Ray puts it that a process ended without taking leave."""


def why(error: BaseException) -> str:
    """Return why something on the cluster failed, in a few words."""
    text = str(error)
    if isinstance(error, RayTaskError):
        return " ".join(f"{type(error.cause).__name__}: {error.cause}".split())
    if isinstance(error, ActorUnavailableError):
        return "its node cannot be reached"
    if isinstance(error, OutOfMemoryError) or MEMORY.search(text):
        return "the worker was killed because its node ran out of memory"
    if isinstance(error, ActorDiedError):
        return _death(text)
    return " ".join(text.split()) or type(error).__name__


def is_own_fault(error: BaseException) -> bool:
    """Tell whether an actor died by itself, and not with its node, or for want of one."""
    return isinstance(error, ActorDiedError) and not NODE.search(str(error))


def _death(text: str) -> str:
    if "creation task" in text:
        return f"the worker cannot start: {text.strip().splitlines()[-1]}"
    if NODE.search(text):
        return "its node died"
    if exited := EXIT.search(text):
        return f"the worker ended with exit code {exited.group(1)}"
    if WORDLESS.search(text):
        return "the worker was killed, crashed, or ran out of memory"
    return f"the worker died: {text.strip().splitlines()[-1]}"

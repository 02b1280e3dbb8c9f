"""The errors that a user is meant to read.

Anything that a user can cause, and mend, is raised as a :class:`SlcelebError`: one line that says what is wrong and
where, and a second thought on what to do. The command line prints exactly that. Every other exception is a fault of
the program: it keeps its traceback, in the log.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SlcelebError(Exception):
    """An error that is the user's to mend.

    Parameters
    ----------
    message
        What is wrong, and where, in one line.
    hint
        What to do about it, in one line; empty when the message says it all.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(SlcelebError):
    """The command, the profile or the plugins asked for cannot work, whatever the video."""


class OneVideoError(UsageError):
    """What was asked for one video cannot be done; the others are not concerned."""


class ProfileError(UsageError):
    """A profile that does not hold; the message names the path of the entry at fault."""


class PluginError(UsageError):
    """A plugin that is missing, broken, or registered twice."""


class ModelError(UsageError):
    """A model file that is missing, or is not the file it should be."""


class GalleryError(UsageError):
    """Reference photos that cannot serve."""


class VideoError(SlcelebError):
    """One video cannot be processed; others may be."""


class EncodingError(VideoError):
    """An encoder or a muxer refuses what it is given of one video; with another version of it that may go well."""


class OutputError(SlcelebError):
    """Results cannot be written: no permission, no space, a name that the disk does not take."""


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return a hint naming the known word nearest to `wrong`, or listing them all.

    Parameters
    ----------
    wrong
        The word that was not understood.
    known
        The words that would have been.
    """
    words = sorted(known)
    near = difflib.get_close_matches(wrong, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(words)}" if words else "none is known"


def one_line(error: BaseException) -> str:
    """Return an exception's type and text in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())

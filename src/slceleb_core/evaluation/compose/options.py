"""Defaults that the library and the command line share. Light to import."""

from __future__ import annotations

from typing import Literal, TypeAlias

Split: TypeAlias = Literal["all", "fit", "test"]
"""Which talkers are used."""

SEED = 0
"""Of every choice."""

LIMIT = 24
"""Clips of each case and of each of its variants: enough for a figure, and a few minutes in all."""

SECONDS = 6.0
"""How much of each source clip is used: longer clips cost time and disk and add little."""

LONG = 20.0
"""How much of each source clip is used where it takes long to tell: own voices and dubs of a whole shot."""

HEIGHT = 360
"""Lines of the canvas: small enough to be fast, and faces are still well over 100 pixels."""

"""Several recordings of one event on one clock, told by their sound, by start timecodes, or by what the user knows."""

from slceleb_core.media.synchrony.model import (
    Alignment,
    Break,
    Placement,
    Recording,
    Refusal,
    Refused,
    Source,
    Synchrony,
)
from slceleb_core.media.synchrony.offsets import named_so, offsets_of
from slceleb_core.media.synchrony.placing import compare, synchronise

__all__ = [
    "Alignment",
    "Break",
    "Placement",
    "Recording",
    "Refusal",
    "Refused",
    "Source",
    "Synchrony",
    "compare",
    "named_so",
    "offsets_of",
    "synchronise",
]

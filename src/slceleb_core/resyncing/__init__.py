"""Lips and sound brought together: a file whose sound is early or late is written anew, with other time stamps.

What is measured, and when one lag is believed, is ``decision.lags``; what the faces show of it, the speaker stage says.
"""

from __future__ import annotations

from slceleb_core.resyncing.correcting import Corrected, correct, target_of
from slceleb_core.resyncing.wording import as_json, in_words, shots_in_words

__all__ = ["Corrected", "as_json", "correct", "in_words", "shots_in_words", "target_of"]

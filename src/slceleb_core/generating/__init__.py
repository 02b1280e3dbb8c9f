"""Lips made to fit a sound (``slceleb lipsync``): apart from all that collects evidence, and guarded.

Whoever stands outside takes what he needs from here.
"""

from __future__ import annotations

from slceleb_core.generating.lipsync import Checked, Lipsynced, Order, carry_out, check

__all__ = ["Checked", "Lipsynced", "Order", "carry_out", "check"]

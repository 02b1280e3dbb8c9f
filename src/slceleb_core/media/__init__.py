"""Reading, hearing and cutting video files; and where in their sound a voice is.

The names below open with the first use: whoever asks for :mod:`slceleb_core.media.speech` needs no video decoder.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slceleb_core.media.audio import AudioTrack
    from slceleb_core.media.cutting import MediaClipper
    from slceleb_core.media.video import VideoReader, probe

__all__ = ["AudioTrack", "MediaClipper", "VideoReader", "probe"]

_HOMES = {"AudioTrack": "audio", "MediaClipper": "cutting", "VideoReader": "video", "probe": "video"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Pictures and sound, in and out of video files, all on the file's own PTS clock (PyAV)."""

from __future__ import annotations

from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.cutting import MediaClipper, cut_audio, cut_video
from slceleb_core.media.video import VideoReader, probe

__all__ = ["AudioTrack", "MediaClipper", "VideoReader", "cut_audio", "cut_video", "probe"]

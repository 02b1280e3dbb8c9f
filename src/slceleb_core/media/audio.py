"""Sound: decoded once to 16 kHz mono, kept in an unlinked temporary file, read back for any stretch.

The samples lie on the video's clock: where the time stamps leave a gap there is silence, where they overlap the later
samples are dropped, so that a sample's place in the file tells its PTS second.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from slceleb_core.errors import OutputError
from slceleb_core.media.container import StreamDecoder, open_media, pick_audio
from slceleb_core.media.sound import Placed, SoundPlacer, SoundWarnings
from slceleb_core.types import SAMPLE_RATE, Array, AudioSpan

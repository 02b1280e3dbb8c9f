"""Cutting stretches out of a video to exact times: sound as WAV, pictures with sound as MP4."""

from __future__ import annotations

import heapq
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.packet import Packet

from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.encoding import PictureEncoder, SoundEncoder
from slceleb_core.media.files import whole_file
from slceleb_core.media.showing import Shown, pictures_between
from slceleb_core.types import SAMPLE_RATE, Array

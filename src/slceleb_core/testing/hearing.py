"""Sound in the form in which a speaker stage wants it, made of a talker's: for whoever plays the core for a stage."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from scipy.signal import resample_poly

from slceleb_core.stages import Speaker
from slceleb_core.types import USUAL_SOUND, AudioSpan, SoundForm

SpeakerT = TypeVar("SpeakerT", bound=Speaker)

FILE_RATE, FILE_LAYOUT, FILE_CHANNELS = 48_000, "stereo", 2
"""What the talkers' file would have, for a stage that wants what the file has: what most videos have."""


def in_form(sound: AudioSpan, form: SoundForm) -> AudioSpan:
    """Return sound, 16 kHz and mono, in another form: resampled, and on every channel alike."""
    rate = form.rate or FILE_RATE
    samples = resample_poly(sound.samples.astype(np.float64), rate, sound.rate) if len(sound.samples) else sound.samples
    count = round(len(sound.samples) * rate / sound.rate)
    mono = np.clip(samples[:count], -1.0, 1.0).astype(np.float32)
    if form.channels == "mono":
        return AudioSpan(mono, sound.start, rate)
    return AudioSpan(np.stack([mono] * FILE_CHANNELS), sound.start, rate, FILE_LAYOUT)


def hearing(speaker: SpeakerT) -> SpeakerT:
    """Return a stage that can be handed the usual sound: it hears it in the form that it wants.

    Until the stage goes, its `listen`, `survey` and `score` take sound that is 16 kHz and mono.
    """
    form = speaker.sound_form
    if form == USUAL_SOUND:
        return speaker
    listen, survey, score = speaker.listen, speaker.survey, speaker.score
    changed = {
        "listen": lambda sound: listen(in_form(sound, form)),
        "survey": lambda tracks, audio, own: survey(tracks, in_form(audio, form), own),
        "score": lambda tracks, audio: score(tracks, in_form(audio, form)),
    }
    for name, method in changed.items():
        setattr(speaker, name, method)
    return speaker

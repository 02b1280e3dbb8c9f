"""Real people. Their faces are looked at in one fixed box each, as they hardly move."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from slceleb_core.types import AudioSpan, Faces, Frame, Track

CLIPS = Path(__file__).resolve().parents[3].parent / "shared" / "media" / "clips"
OBAMA, BIDEN = (172, 30, 222, 95), (64, 50, 106, 98)
OBAMA_SPEAKS = [(1.0, 1.6), (2.1, 3.7), (4.3, 5.4), (5.7, 7.5), (8.0, 8.7)]
"""Written down with the clip."""

pytestmark = pytest.mark.skipif(not CLIPS.is_dir(), reason="the real clips are not there (../shared/media/clips)")


def tracks_of(speaker, name, *boxes):
    kept = []
    with av.open(str(CLIPS / name)) as container:
        for index, shown in enumerate(container.decode(video=0)):
            frame = Frame(index, shown.time, shown.to_ndarray(format="rgb24"))
            kept.append((index, shown.time, speaker.observe(frame, Faces(np.array(boxes), np.ones(len(boxes))))))
    frames, times, seen = (np.array(column) for column in zip(*kept, strict=True))
    return [
        Track(number, frames, times, np.tile(np.float32(box), (len(times), 1)), seen[:, number])
        for number, box in enumerate(boxes)
    ]


def sound_of(name):
    resampler = av.AudioResampler("flt", "mono", 16000)
    with av.open(str(CLIPS / name)) as container:
        frames = list(container.decode(audio=0))
        parts = [part for frame in [*frames, None] for part in resampler.resample(frame)]
    return AudioSpan(np.concatenate([part.to_ndarray()[0] for part in parts]), frames[0].time)


@pytest.mark.parametrize("model", ["light_asd", "lr_asd"])
def test_of_two_people_the_one_who_speaks_is_told_on_nearly_every_frame(make, model):
    speaker = make(model=model)
    obama, biden = tracks_of(speaker, "obama_biden.mp4", OBAMA, BIDEN)
    speaking, silent = (scores.speaking for scores in speaker.score([obama, biden], sound_of("obama_biden.mp4")))
    labelled = np.any([(obama.times >= start) & (obama.times <= end) for start, end in OBAMA_SPEAKS], axis=0)
    assert (speaking > silent)[labelled].mean() >= 0.89
    assert speaking[labelled].mean() > silent.mean() + 0.3


@pytest.mark.parametrize("model", ["light_asd", "lr_asd"])
def test_a_talker_is_heard_to_speak(make, model):
    speaker, name = make(model=model), "talker_b.mp4"
    (scores,) = speaker.score(tracks_of(speaker, name, (166, 138, 419, 452)), sound_of(name))
    assert scores.speaking.mean() > 0.6

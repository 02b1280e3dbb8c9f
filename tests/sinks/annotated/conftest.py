"""Plain videos, and the sink at work on them: what is drawn is what differs from the plain picture."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from slceleb_core.media import probe
from slceleb_core.sinks.annotated.sink import AnnotatedSink
from slceleb_core.stages import SinkJob
from slceleb_core.testing import builders
from slceleb_core.testing.clips import FakeClipper

GREY = 120
"""Of the plain pictures."""

RATE = 16_000


def write_plain(path, times, size=(320, 240), sound=None, bright=(), ticks=1000):
    """Write grey pictures at `times`, white ones where their number is in `bright`; lossless.

    `sound`: PTS seconds at which it begins, and float32 [n]. `ticks`: a second, of the clock.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = *size, "bgr0"
        video.codec_context.time_base = Fraction(1, ticks)
        audio = None if sound is None else container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        packets = []
        for number, time in enumerate(times):
            image = np.full((size[1], size[0], 3), 255 if number in bright else GREY, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="bgr0")
            frame.pts, frame.time_base = round(time * ticks), Fraction(1, ticks)
            packets += video.encode(frame)
        packets += video.encode(None)
        if audio is not None:
            start, samples = sound
            wave = np.rint(samples * 32767).astype(np.int16)[None]
            block = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            block.sample_rate, block.time_base, block.pts = RATE, Fraction(1, RATE), round(start * RATE)
            packets += [*audio.encode(block), *audio.encode(None)]
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def pictures(path):
    """Return every picture with its time: [(seconds, uint8 [height, width, 3])]."""
    with av.open(str(path)) as container:
        return [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def sound_of(path):
    """Return when the sound begins, in seconds, and its samples at 16 kHz: float32 [n]."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", RATE)
        blocks = [block for frame in container.decode(audio=0) for block in resampler.resample(frame)]
    return float(blocks[0].pts * blocks[0].time_base), np.concatenate([block.to_ndarray()[0] for block in blocks])


class Studio:
    """A folder in which plain videos are written and annotated by hand."""

    pictures = staticmethod(pictures)
    sound_of = staticmethod(sound_of)

    def __init__(self, root):
        self.root = root
        self.made = 0

    def plain(self, times=(0.0,), name="plain.mkv", **values):
        return write_plain(self.root / name, times, **values)

    def job(self, video):
        self.made += 1
        folder = self.root / f"made-{self.made}"
        folder.mkdir()
        return SinkJob(probe(video), folder, self.root, "plain", FakeClipper())

    def annotate(self, video, frames, verdicts=(), **options):
        """Return the annotated video of results that are given."""
        job = self.job(video)
        with AnnotatedSink(AnnotatedSink.Config(**options), builders.context()) as sink:
            sink.start(job)
            self.feed(sink, frames, verdicts)
            sink.commit(builders.summary(video=job.video))
        assert [path.name for path in job.folder.iterdir()] == ["annotated.mp4"]
        return job.folder / "annotated.mp4"

    @staticmethod
    def feed(sink, frames, verdicts=()):
        for frame in frames:
            sink.frame(frame)
        for verdict in verdicts:
            (sink.rejection if hasattr(verdict, "gate") else sink.segment)(verdict)

    def picture(self, *faces, verdicts=(), video=None, voice=0.5, **options):
        """Return the one picture of a video with these faces."""
        frame = replace(builders.frame_result(0, faces=faces), voice=voice)
        options = {"crf": 1, **options}
        ((_, image),) = pictures(self.annotate(video or self.plain(), [frame], verdicts, **options))
        return image.astype(int)


@pytest.fixture
def studio(tmp_path):
    return Studio(tmp_path)

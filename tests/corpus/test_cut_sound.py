"""The cut sound is that of the source, sample by sample, whatever the source is encoded as; the source is decoded here.

What "bit-identical" holds for: a source of 16 kHz, mono, 16 bit (PCM, FLAC, ALAC) is cut without any sample changed.
Any other source is converted to that form as one whole, from its first sample to its last, and then cut: a cut never
has an edge of its own, and what two cuts share is the same in both.
"""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph

from slceleb_core import manifests, sinks
from slceleb_core.batch import builtin
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.media import AudioTrack, MediaClipper
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, StageUse
from slceleb_core.registry import Registry
from slceleb_core.settings import Settings
from slceleb_core.testing import RED, FakePlugin, Person, SyntheticTalker, write_video

RATE = 16_000
SECONDS = 4.0
TALKER = SyntheticTalker(seed=3, duration=SECONDS)
CLIPS = Path(__file__).resolve().parents[3] / "shared" / "media" / "clips"

LOSSLESS = [
    ("v.mov", "pcm_s16le", 0.0),
    ("v.mkv", "pcm_s16le", 0.0),
    ("v.mkv", "pcm_s16le", 0.5),
    ("v.mkv", "flac", 0.0),
    ("v.mp4", "alac", 0.0),
    ("v.mov", "pcm_s16be", 0.25),
]

CONVERTED = [
    ("v.mp4", "aac", 44_100, "stereo"),
    ("v.mp4", "aac", 48_000, "mono"),
    ("v.ts", "aac", 48_000, "5.1"),
    ("v.mpg", "mp2", 48_000, "stereo"),
    ("v.webm", "libopus", 48_000, "stereo"),
    ("v.mkv", "ac3", 48_000, "5.1"),
    ("v.mkv", "vorbis", 44_100, "stereo"),
    ("v.mkv", "libmp3lame", 22_050, "mono"),
    ("v.mkv", "pcm_s24le", 96_000, "stereo"),
    ("v.mov", "pcm_s16le", 8_000, "mono"),
]


def speech(rate, channels, begin=0.0):
    """Return int16 [channels, n]: the talker's voice from a moment on, each channel with a noise of its own."""
    times = begin + np.arange(round((SECONDS - begin) * rate)) / rate
    voice = np.interp(times, np.arange(round(SECONDS * RATE)) / RATE, TALKER.audio().samples)
    noise = np.random.default_rng(0).uniform(-0.01, 0.01, (channels, len(times)))
    return np.rint(np.clip(0.5 * voice + noise, -1, 1) * 32767).astype(np.int16)


def with_sound(path, codec, rate, layout, pieces):
    """Write a talking square, with sound of that kind: pieces of [start in PTS seconds, int16 [channels, n]]."""
    silent = write_video(path.with_name("silent.mkv"), [Person(RED, (10, 30, 60, 90), TALKER)], audio=None, duration=4)
    encoder = {".mpg": "mpeg2video", ".webm": "libvpx"}.get(path.suffix, "libx264")
    fine = {"libx264": {"crf": "12"}}.get(encoder, {"b": "4M"})
    with av.open(str(silent)) as source, av.open(str(path), "w") as target:
        video = target.add_stream(encoder, rate=25, options=fine)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        sound = target.add_stream(codec, rate=rate, layout=layout, options={"strict": "experimental"})
        packets = []
        for number, picture in enumerate(source.decode(video=0)):
            shown = picture.reformat(format="yuv420p")
            shown.pts, shown.time_base, shown.pict_type = number, Fraction(1, 25), 0
            packets += video.encode(shown)
        packets += video.encode(None)
        packets += encoded(sound, rate, layout, pieces)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            target.mux(packet)
    return path


def encoded(stream, rate, layout, pieces):
    for start, samples in pieces:
        for first in range(0, samples.shape[1], 1024):
            block = np.ascontiguousarray(samples[:, first : first + 1024].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = round(start * rate) + first
            yield from stream.encode(frame)
    yield from stream.encode(None)


def heard_in(video):
    """Return when the sound of a file begins, and int16 [n], 16 kHz, mono: decoded and converted in one piece."""
    with av.open(str(video)) as container:
        frames = [frame for frame in container.decode(audio=0) if frame.samples]
    first = frames[0]
    graph = Graph()
    form = {"sample_rate": str(first.sample_rate), "sample_fmt": first.format.name}
    form |= {"channel_layout": first.layout.name, "time_base": f"1/{first.sample_rate}"}
    nodes = [graph.add("abuffer", **form), graph.add("aresample", sample_rate=str(RATE), rematrix_maxval="1.0")]
    nodes += [graph.add("aformat", sample_rates=str(RATE), sample_fmts="fltp", channel_layouts="mono")]
    graph.link_nodes(*nodes, graph.add("abuffersink")).configure()
    begin, parts = float(first.pts * first.time_base), []
    for frame in [*frames, None]:
        if frame is not None:
            frame.pts = None
        graph.push(frame)
        while True:
            try:
                parts.append(graph.pull().to_ndarray()[0])
            except (av.error.BlockingIOError, av.error.EOFError):
                break
    return begin, np.clip(np.rint(np.concatenate(parts) * 32768), -32768, 32767).astype(np.int16)


def stretch(sound, begin, start, end):
    """Return the samples of a stretch; silence where there is no sound."""
    first, count = round((start - begin) * RATE), round((end - start) * RATE)
    padded = np.concatenate([np.zeros(max(-first, 0), np.int16), sound[max(first, 0) :], np.zeros(count, np.int16)])
    return padded[:count]


def read_wav(path):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


@pytest.fixture
def cut(tmp_path):
    """Give a function that runs a video through the pipeline, and yields the segments with their cut sound."""

    def run(video):
        fake = StageUse(use="fake")
        sections = {"segments": {"onset": 0.3, "offset": 0.2, "min_on": 0.3}, "gates": {"min_speech": 0.0}}
        profile = Profile(detect=fake, embed=fake, speaker=fake, sinks=(StageUse(use="clips"),), **sections)
        registry = Registry.of(FakePlugin(), sinks, manifests, builtin)
        with Pipeline.from_profile(profile, registry=registry, settings=Settings()) as pipeline:
            pipeline.process(video, tmp_path / "out")
        return [
            (utterance.segment, read_wav(utterance.audio)) for utterance in read_corpus(tmp_path / "out").utterances()
        ]

    return run


@pytest.mark.parametrize(("name", "codec", "begin"), LOSSLESS)
def test_sound_of_16_khz_mono_is_cut_without_a_sample_changed(cut, tmp_path, name, codec, begin):
    samples = speech(RATE, 1, begin)
    found = cut(with_sound(tmp_path / name, codec, RATE, "mono", [(begin, samples)]))
    assert found
    for segment, sound in found:
        assert np.array_equal(sound, stretch(samples[0], begin, segment.start, segment.end)), segment


@pytest.mark.parametrize(("name", "codec", "rate", "layout"), CONVERTED)
def test_any_other_sound_is_converted_as_one_and_then_cut(cut, tmp_path, name, codec, rate, layout):
    channels = av.AudioLayout(layout).nb_channels
    video = with_sound(tmp_path / name, codec, rate, layout, [(0.0, speech(rate, channels))])
    found = cut(video)
    begin, sound = heard_in(video)
    assert found
    assert sound.std() > 100
    for segment, samples in found:
        assert np.array_equal(samples, stretch(sound, begin, segment.start, segment.end)), segment


def test_a_gap_in_the_sound_is_silence_and_all_else_keeps_its_place(cut, tmp_path):
    whole = speech(RATE, 1)
    gap = slice(round(1.2 * RATE), round(1.5 * RATE))
    whole[:, gap] = 0
    pieces = [(0.0, whole[:, : gap.start]), (1.5, whole[:, gap.stop :])]
    found = cut(with_sound(tmp_path / "v.mkv", "pcm_s16le", RATE, "mono", pieces))
    assert any(segment.start < 1.2 and segment.end > 1.5 for segment, _ in found)
    for segment, sound in found:
        assert np.array_equal(sound, stretch(whole[0], 0.0, segment.start, segment.end)), segment


@pytest.mark.parametrize("name", ["hamilton.mp4", "obama_biden.mp4", "talker_a.mp4", "talker_b.mp4", "grid_s2.mpg"])
@pytest.mark.parametrize(("start", "end"), [(0.9, 2.7), (-0.25, 0.5), (2.0, 99.0), (1.23456, 1.98765)])
def test_real_sound_is_cut_as_it_is_heard_also_beyond_its_ends(tmp_path, name, start, end):
    video = CLIPS / name
    if not video.is_file():
        pytest.skip(f"real clips are absent: {CLIPS}")
    with AudioTrack.decode(video) as audio:
        MediaClipper(video, audio).cut_audio(start, end, tmp_path / "cut.wav")
    begin, sound = heard_in(video)
    assert np.array_equal(read_wav(tmp_path / "cut.wav"), stretch(sound, begin, start, end))

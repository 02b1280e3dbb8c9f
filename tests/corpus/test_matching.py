"""Re-uploads are found, and nothing else is; on synthetic sound always, on real clips where they are at hand."""

import json
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from slceleb_core.corpus.duplicates import Duplicate, find_duplicates, read_duplicates, write_duplicates
from slceleb_core.corpus.landmarks import Landmarks, landmarks
from slceleb_core.corpus.matching import shared_sound
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.media.audio import AudioTrack

from .conftest import RATE, segment, write_recording

CLIPS = Path(__file__).parents[3] / "shared" / "media" / "clips"
REAL = ("talker_a.mp4", "talker_b.mp4", "hamilton.mp4", "obama_biden.mp4", "grid_lbax4n.mpg", "grid_swiz3n.mpg")


def sound_of(path):
    with AudioTrack.decode(Path(path)) as track:
        return track.span(track.start, track.end).samples.copy()


def encoded(samples, path, rate=44_100, bits=32_000):
    """Return sound as it is after AAC at that rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=rate)
        stream.bit_rate, stream.layout = bits, "mono"
        plain = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
        plain.sample_rate, plain.pts = RATE, 0
        resampler = av.AudioResampler("fltp", "mono", rate)
        for frame in [*resampler.resample(plain), *resampler.resample(None), None]:
            container.mux(stream.encode(frame))
    return sound_of(path)


def changed(samples, path):
    """Yield what others upload again: re-encoded, quieter, at another rate, cut in the middle of a frame, noisier."""
    noise = 0.003 * np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32)
    yield 0, encoded(samples * 0.3, path)
    yield 0, encoded(samples * 0.5, path, rate=8000, bits=16_000)
    yield 5003, encoded(samples[5003:37_003], path, rate=22_050)
    yield 7111, encoded((samples + noise)[7111:39_111], path, rate=32_000)


@pytest.fixture(scope="module")
def real():
    if not CLIPS.is_dir():
        pytest.skip("the real clips are not at hand")
    return {name: sound_of(CLIPS / name) for name in REAL}


@pytest.mark.parametrize("name", REAL)
def test_a_real_clip_is_found_again_however_it_was_changed(real, tmp_path, name):
    for cut, again in changed(real[name], tmp_path / "again.m4a"):
        (found,) = shared_sound([landmarks(real[name]), landmarks(again)])
        assert found.offset == pytest.approx(-cut / RATE, abs=0.05)
        assert found.end - found.start > 0.35 * len(again) / RATE  # half of some clips is silence


def test_no_two_different_clips_are_taken_for_the_same(real):
    assert list(shared_sound([landmarks(samples) for samples in real.values()])) == []


def test_hours_of_sound_that_is_not_the_same_do_not_add_up_to_a_match():
    """Many chance coincidences at any distance are no evidence for one distance."""
    rng = np.random.default_rng(3)
    prints = []
    for _ in range(2):
        hashes = rng.integers(0, 4000, 40_000).astype(np.uint32)
        prints.append(Landmarks(hashes, np.sort(rng.integers(0, 200_000, len(hashes))).astype(np.int32)))
    assert list(shared_sound(prints)) == []


def write_wav(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream, wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())


def upload(output_dir, name, samples, start, facts=None):
    """Write a recording of which a stretch, from `start` seconds on, is a segment of Ada."""
    folder = write_recording(output_dir, name, [("Ada", start, start + len(samples) / RATE)], facts)
    write_wav(folder / "clips" / "Ada" / f"{name}-0001.wav", samples)


@pytest.fixture
def uploads(tmp_path):
    """Return a corpus in which one video was uploaded again, later on its clock, and one is another talk."""
    said = sound_of(CLIPS / "talker_a.mp4") if CLIPS.is_dir() else pytest.skip("the real clips are not at hand")
    other = sound_of(CLIPS / "talker_b.mp4")
    out = tmp_path / "out"
    upload(out, "original", said[16_000:80_000], 1.0)
    upload(out, "again", encoded(said[32_000:90_000], tmp_path / "again.m4a")[:58_000], 12.0)
    upload(out, "talk", other, 0.0)
    return out


def test_the_same_speech_under_another_file_is_listed_with_its_place(uploads):
    found = find_duplicates(read_corpus(uploads))
    (pair,) = found.pairs
    assert (pair.one, pair.other, pair.same_file, found.recordings) == ("again", "original", False, 3)
    assert pair.offset == pytest.approx(-10.0, abs=0.05)
    assert pair.start == pytest.approx(12.0, abs=0.5)
    assert 2.0 < pair.overlap < 3.2


def test_lists_are_read_as_they_were_written(uploads):
    found = find_duplicates(read_corpus(uploads))
    write_duplicates(uploads, found)
    assert read_duplicates(uploads) == found
    assert (uploads / "duplicates.csv").read_text().splitlines()[1].startswith("again,original,")


def test_a_file_that_was_processed_twice_is_listed_without_listening(tmp_path):
    for name in ("one", "two"):
        folder = write_recording(tmp_path, name, [])
        stated = json.loads((folder / "source.json").read_text())
        (folder / "source.json").write_text(json.dumps(stated | {"fingerprint": "sha256:11"}))
    assert find_duplicates(read_corpus(tmp_path)).pairs == (Duplicate("one", "two", 0, 0, 0, 0, 0, same_file=True),)


def test_recordings_without_cut_sound_are_named(tmp_path):
    folder = write_recording(tmp_path, "mute", [("Ada", 0.0, 1.0)])
    (folder / "clips" / "Ada" / f"{segment('mute', 1, 'Ada', 0, 1)['id']}.wav").unlink()
    assert find_duplicates(read_corpus(tmp_path)).silent == ("mute",)

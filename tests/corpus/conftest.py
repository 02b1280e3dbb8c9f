"""A small corpus on disk, as a finished run leaves it."""

import json
import wave

import numpy as np
import pytest

from slceleb_core.disk.naming import safe_name

NAMES = ["Ada Lovelace", "<script>alert(1)</script>", "a/b", "محمد", "🙂", "x" * 200]
RATE = 16_000


def write_wav(path, seconds, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(-3000, 3000, round(seconds * RATE), dtype=np.int16)
    with path.open("wb") as stream, wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


def segment(folder, number, person, start, end):
    return {
        "id": f"{folder}-{number:04d}",
        "video": f"{folder}.mp4",
        "person": person,
        "start": start,
        "end": end,
        "first_frame": round(start * 25),
        "last_frame": round(end * 25) - 1,
        "speaking_mean": 0.91,
        "speaking_min": 0.52,
        "similarity": 0.61,
        "similarity_min": 0.5,
        "track": number,
        "av_offset_ms": 0.0,
        "duration": end - start,
    }


def write_recording(output_dir, name, spoken, facts=None):
    """Write a finished video: who speaks from when to when."""
    folder = output_dir / name
    folder.mkdir(parents=True)
    segments = [segment(name, n, *spec) for n, spec in enumerate(spoken, start=1)]
    report = {"duration": 60.0, "segments": segments, "warnings": [], "statistics": {}, "provenance": {}}
    stated = {"video": f"/videos/{name}.mp4", "fingerprint": f"sha256:{name}", "source": facts or {}, "report": report}
    (folder / "source.json").write_text(json.dumps(stated))
    for seed, made in enumerate(segments):
        path = folder / "clips" / safe_name(made["person"]) / f"{made['id']}.wav"
        write_wav(path, made["end"] - made["start"], seed)
    return folder


@pytest.fixture
def corpus_dir(tmp_path):
    """Return an output folder in which everybody speaks in one recording, and one of them in a second too."""
    out = tmp_path / "out"
    write_recording(out, "first talk", [(name, 3.0 * n, 3.0 * n + 1.25) for n, name in enumerate(NAMES)])
    write_recording(out, "second", [(NAMES[0], 0.5, 2.75)])
    write_recording(out, "silent", [])
    return out

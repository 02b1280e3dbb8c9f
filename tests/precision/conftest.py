"""A folder of finished videos that is drawn from; of each only what it states of itself."""

import json

import pytest

from slceleb_core.corpus.reading import read_corpus

GATES = {"asd": {"value": 0.9, "limit": 0.5, "comparison": ">="}}


def segment(name, number, person, start, end, score=0.9):
    return {
        "id": f"{name}-{number:04d}",
        "video": f"{name}.mp4",
        "person": person,
        "start": start,
        "end": end,
        "first_frame": round(start * 25),
        "last_frame": round(end * 25) - 1,
        "speaking_mean": score,
        "speaking_min": score / 2,
        "similarity": 0.6,
        "similarity_min": 0.5,
        "track": number,
        "av_offset_ms": 0.0,
        "duration": end - start,
        "gates": GATES,
    }


def rejection(person, start, end, gate="asd"):
    stopped = {"value": 0.2, "limit": 0.5, "comparison": ">="}
    frames = {"first_frame": round(start * 25), "last_frame": round(end * 25) - 1}
    told = {"person": person, "track": 99, "start": start, "end": end, "duration": end - start, **frames}
    return {**told, "gate": gate, **stopped, "gates": {gate: stopped}}


def write_video(output_dir, name, segments=(), rejected=(), facts=None, provenance=None):
    """Write a finished video; a segment is (person, start, end, score), a rejection (person, start, end, gate)."""
    folder = output_dir / name
    folder.mkdir(parents=True)
    made = [segment(name, number, *spec) for number, spec in enumerate(segments, start=1)]
    left = [rejection(*spec) for spec in rejected]
    report = {"duration": 600.0, "segments": made, "rejected": left, "warnings": [], "statistics": {}}
    report["provenance"] = provenance or {}
    stated = {"video": f"/videos/{name}.mp4", "fingerprint": f"sha256:{name}", "source": facts or {}, "report": report}
    (folder / "source.json").write_text(json.dumps(stated), encoding="utf-8")
    return folder


@pytest.fixture
def out(tmp_path):
    """Return a folder with three videos, of which two people speak in the first."""
    output = tmp_path / "out"
    spoken = [("Ada Lovelace", 4.0 * n, 4.0 * n + 2.0, 0.5 + n / 50) for n in range(12)]
    spoken += [("Grace Hopper", 100.0 + 4 * n, 103.0 + 4 * n) for n in range(4)]
    write_video(output, "first", spoken, [("Ada Lovelace", 60.0, 90.0), ("Grace Hopper", 200.0, 203.0, "voice")])
    write_video(output, "second", [("Ada Lovelace", 3.0 * n, 3.0 * n + 1.5) for n in range(8)])
    write_video(output, "third", [("Grace Hopper", 1.0, 2.5)], [("Grace Hopper", 5.0, 6.0)])
    return output


@pytest.fixture
def corpus(out):
    return read_corpus(out)

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


def _write_video(output_dir, name, segments=(), rejected=(), facts=None, provenance=None):
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
def write_video():
    """Give the function that writes a finished video."""
    return _write_video


@pytest.fixture
def out(tmp_path):
    """Return a folder with three videos, of which two people speak in the first."""
    output = tmp_path / "out"
    spoken = [("Ada Lovelace", 4.0 * n, 4.0 * n + 2.0, 0.5 + n / 50) for n in range(12)]
    spoken += [("Grace Hopper", 100.0 + 4 * n, 103.0 + 4 * n) for n in range(4)]
    _write_video(output, "first", spoken, [("Ada Lovelace", 60.0, 90.0), ("Grace Hopper", 200.0, 203.0, "voice")])
    _write_video(output, "second", [("Ada Lovelace", 3.0 * n, 3.0 * n + 1.5) for n in range(8)])
    _write_video(output, "third", [("Grace Hopper", 1.0, 2.5)], [("Grace Hopper", 5.0, 6.0)])
    return output


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def corpus(out):
    return read_corpus(out)


def _answered(draw, verdict="right", reviewer="Zoë", first=None, settles=False, **others):
    """Return answers to a draw as the page saves them: one verdict for all, but for the ids (or numbers) named."""
    given = {}
    for number, item in enumerate(draw.items[:first]):
        said = others.get(item.id, others.get(f"n{number}", verdict))
        if said is not None:
            stretch = {"person": item.person, "start": item.start, "end": item.end}
            given[item.id] = {"answer": said, "note": "", "when": "2026-01-03T00:00:00.000Z", **stretch}
    file = {"format": 1, "draw": draw.name, "drawn": draw.moment, "corpus": "", "reviewer": reviewer}
    return {**file, "when": "2026-01-03T00:00:01.000Z", "settles": settles, "answers": given}


@pytest.fixture
def answered():
    """Give the function that makes answers."""
    return _answered


@pytest.fixture
def saved(tmp_path):
    """Give a function that saves answers as a file, and returns where."""

    def save(answers, name="answers"):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(answers), encoding="utf-8")
        return path

    return save

"""Results as `slceleb run` leaves them, made by hand, and references beside them."""

import csv
import gzip
import json
from pathlib import Path

import pytest


def write_result(folder: Path, video, segments, *, duration=10.0, start=0.0, wanted=("anna", "bert"), onset=0.5):
    """Write a results folder; segments are (person, start, end), and `wanted` is None for a run without a gallery."""
    folder.mkdir(parents=True)
    (folder / "source.json").write_text(json.dumps({"video": video}))
    result = {
        "video": {"path": video, "start": start, "duration": duration},
        "segments": [{"person": person, "start": begin, "end": end} for person, begin, end in segments],
        "profile": {"segments": {"onset": onset}},
        "gallery": None if wanted is None else {"persons": list(wanted), "wanted": list(wanted)},
    }
    (folder / "result.json").write_text(json.dumps(result))
    return folder


def write_frames(folder: Path, frames):
    """Write face-frames: (time, [(person, speaking), ...]) each; a face's place in its frame is its track."""
    with gzip.open(folder / "frames.jsonl.gz", "wt", encoding="utf-8") as stream:
        for index, (time, faces) in enumerate(frames):
            rows = [{"track": t, "person": who, "speaking": score} for t, (who, score) in enumerate(faces)]
            stream.write(json.dumps({"index": index, "time": time, "faces": rows}) + "\n")


def write_csv(path: Path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header.split(","), *rows])
    return path


@pytest.fixture
def output(tmp_path):
    """Return a function that writes the results of one video into the output folder, and returns its folder."""

    def write(name, segments, frames=None, **facts):
        folder = write_result(tmp_path / "out" / name, facts.pop("video", f"/films/{name}.mp4"), segments, **facts)
        if frames is not None:
            write_frames(folder, frames)
        return folder

    return write


@pytest.fixture
def reference(tmp_path):
    """Return a function that writes a reference of (video, person, start, end) rows."""
    return lambda *rows: write_csv(tmp_path / "reference.csv", "video,person,start,end", rows)


@pytest.fixture
def regions(tmp_path):
    """Return a function that writes scored regions of (video, start, end) rows."""
    return lambda *rows: write_csv(tmp_path / "regions.csv", "video,start,end", rows)


@pytest.fixture
def evaluated(tmp_path):
    """Return a function that evaluates the output folder."""
    from slceleb_core.evaluation.report import evaluate

    return lambda ref, regions=None, **options: evaluate(ref, tmp_path / "out", regions, **options)

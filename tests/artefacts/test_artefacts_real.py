"""Retuning a real clip: without a model, and with the very bytes of a fresh run; skipped where it is not at hand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"

PROGRAM = """
import json, sys, time
from pathlib import Path
from slceleb_core.artefacts import ArtefactStore
from slceleb_core.pipeline import Pipeline

media, target, kept, *overrides = sys.argv[1:]
store = ArtefactStore(Path(kept)) if kept else None
with Pipeline.from_profile("default", overrides, artefacts=store) as pipeline:
    gallery = pipeline.enroll(Path(media, "poi"))
    begin = time.process_time()
    done = pipeline.process(Path(media, "clips", "obama_biden.mp4"), target, gallery)
    seconds = time.process_time() - begin
    pipeline.collect(target)
heavy = sorted({"mediapipe", "onnxruntime", "insightface", "librosa"} & set(sys.modules))
print(json.dumps({"seconds": seconds, "heavy": heavy, "segments": len(done.segments)}))
"""

PASSING = ("wall_seconds", "frames_per_second", "real_time_factor", "stage_seconds", "cache")


def run(target, kept, *overrides):
    """Process the clip in a process of its own, and return what that says."""
    models = os.environ.get("SLCELEB_MODELS") or str(SHARED / "models")
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(SHARED / "media"), str(target), str(kept or ""), *overrides],
        env={**os.environ, "SLCELEB_MODELS": models},
        capture_output=True,
        text=True,
        check=False,
    )
    if "ModelError" in told.stderr:
        pytest.skip(told.stderr.strip().splitlines()[-1])
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def settled(value):
    """Return JSON without what tells how fast it was made."""
    if isinstance(value, dict):
        return {name: settled(item) for name, item in value.items() if name not in PASSING}
    return [settled(item) for item in value] if isinstance(value, list) else value


def files(folder):
    found = [path for path in folder.rglob("*") if path.is_file()]
    shown = [path for path in found if not path.relative_to(folder).parts[0].startswith(".")]
    return {
        str(path.relative_to(folder)): settled(json.loads(path.read_text()))
        if path.suffix == ".json"
        else path.read_bytes()
        for path in shown
    }


def test_retuning_opens_no_model_and_gives_the_bytes_of_a_fresh_run(tmp_path):
    if not (SHARED / "media" / "clips").is_dir():
        pytest.skip(f"no {SHARED / 'media'}: real clips are not at hand")
    first = run(tmp_path / "out", tmp_path / "kept")
    retuned = run(tmp_path / "out", tmp_path / "kept", "segments.onset=0.6")
    fresh = run(tmp_path / "fresh", None, "segments.onset=0.6")
    assert first["heavy"] == fresh["heavy"] != retuned["heavy"] == []
    assert retuned["segments"] == fresh["segments"] > 0
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    assert retuned["seconds"] < 0.2 * first["seconds"]

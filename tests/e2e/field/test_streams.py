"""A run whose standard streams are closed, as cron and daemons start it (field case 30)."""

import json
import os
import subprocess
import sys


def test_a_run_with_closed_streams_is_done(shared, pipeline, settings, tmp_path):
    """In a process of its own, with the pool: its workers inherit what is closed."""
    clip = shared / "media" / "clips" / "grid_swiz3n.mpg"
    line = f"{sys.executable} -m slceleb_core run {clip} --output-dir out --no-artefacts --max-frames 20 <&- >&- 2>&-"
    models = {} if settings.models is None else {"SLCELEB_MODELS": str(settings.models)}
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env={**os.environ, **models}, timeout=120)
    assert done.returncode == 0
    summary = json.loads((tmp_path / "out" / "batch_summary.json").read_text())
    assert summary["videos_by_status"]["done"] == 1
    assert not (tmp_path / "out" / "slceleb.log").exists(), "something was complained of"

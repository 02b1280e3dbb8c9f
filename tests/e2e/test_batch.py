"""Small versions of the proofs in `scripts/batch/`, on real clips: a batch loses nothing, come what may."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts" / "batch"
CANNOT_MOUNT = 3


@pytest.fixture
def prove(pipeline, settings, shared, tmp_path):
    """Return a function that runs a proof; `pipeline` is asked for because it skips where no model file is at hand."""
    environment = {**os.environ, "SLCELEB_MODELS": str(settings.models or "")}

    def run(script, *arguments):
        command = [sys.executable, str(SCRIPTS / script), "--work", str(tmp_path), *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


@pytest.mark.slow
def test_a_batch_that_is_killed_and_resumed_comes_to_the_same(prove):
    small = ("--count", 6, "--broken", 2, "--kills", 2, "--max-frames", 20, "--seed", 1)
    done = prove("kill.py", *small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      the outputs equal those of the undisturbed run" in done.stdout
    assert done.stdout.count("ok      kill ") == 2


@pytest.mark.slow
def test_a_batch_of_damaged_files_ends_with_a_reason_for_each(prove):
    too_short_to_tell = ("--growth", 10_000)
    done = prove("fuzz.py", "--count", 30, "--sources", 8, "--max-frames", 5, *too_short_to_tell)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      every file has an outcome" in done.stdout


@pytest.mark.slow
def test_a_batch_whose_disk_was_full_goes_on_when_there_is_room(prove):
    done = prove("diskfull.py", "--count", 6, "--max-frames", 40)
    if done.returncode == CANNOT_MOUNT:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      the outputs equal those of an undisturbed run" in done.stdout

"""A video whose sound holds what is no number never stops a batch, whatever becomes of it."""

import csv
import os
import shutil
import subprocess
import sys


def test_a_video_with_sound_that_is_no_number_stops_nothing(case, shared, settings, tmp_path):
    folder, good = case("05-nan-sound-stops-batch"), shared / "media" / "clips" / "grid_swiz3n.mpg"
    videos = [folder / "nan_sound.mov", good]
    command = [sys.executable, "-m", "slceleb_core", "run", *videos, "--output-dir", tmp_path / "out"]
    people = tmp_path / "poi"
    shutil.copytree(folder / "grid_swiz3n", people / "grid_swiz3n", copy_function=shutil.copyfile)
    environment = {**settings_of(settings), "SLCELEB_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [*command, "--poi-dir", people], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    assert (tmp_path / "out" / "grid_swiz3n" / "result.json").is_file()
    with (tmp_path / "out" / "failures.csv").open(newline="", encoding="utf-8") as file:
        failed = [row["id"] for row in csv.DictReader(file)]
    assert failed == (["nan_sound"] if done.returncode else [])


def settings_of(settings):
    """Return an environment in which the models are found that the tests use."""
    models = {} if settings.models is None else {"SLCELEB_MODELS": str(settings.models)}
    return {**os.environ, **models}

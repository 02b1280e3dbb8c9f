"""The command as a program: start-up time, completion, broken pipes, progress, and errors that nobody foresaw."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from slceleb_core.cli import progress
from slceleb_core.cli.console import printable
from slceleb_core.cli.options import completing, model_names, profile_names, stage_names
from slceleb_core.registry import Registry
from slceleb_core.run import Progress
from slceleb_core.types import VideoInfo

SLCELEB = [sys.executable, "-m", "slceleb_core"]


def test_the_command_line_imports_nothing_heavy():
    code = "import slceleb_core.cli, sys; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"av", "cv2", "scipy", "slceleb_core.media", "slceleb_core.pipeline"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_shown(shell):
    environment = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run([*SLCELEB, "--show-completion", shell], capture_output=True, text=True, env=environment)
    assert done.returncode == 0
    assert "slceleb" in done.stdout.lower() or "_COMPLETE" in done.stdout


def test_a_shell_completes_profile_names():
    environment = {**os.environ, "_SLCELEB_COMPLETE": "complete_bash", "COMP_WORDS": "slceleb profiles show def"}
    code = "import sys; sys.argv = ['slceleb']; from slceleb_core.cli import main; main()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env={**environment, "COMP_CWORD": "3"})
    assert done.stdout.split() == ["default"]


def test_names_are_completed_from_what_is_installed(installed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").touch()
    assert {"default", "mine.yaml"} <= set(profile_names())
    assert {"fake", "json", "lost"} <= set(stage_names())
    assert model_names() == []
    assert completing(stage_names)("fa") == ["fake"]


def test_a_pipe_that_is_closed_early_is_quiet():
    command = f"{sys.executable} -m slceleb_core profiles show default --resolved | head -n 0"
    schema = f"{sys.executable} -m slceleb_core profiles schema | head -c 1"
    for line in (command, schema):
        done = subprocess.run(line, shell=True, capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        assert "Broken" not in done.stderr


def test_an_error_that_nobody_foresaw_is_one_line_and_its_traceback_is_kept(slceleb, monkeypatch):
    def fail():
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr(Registry, "discover", fail)
    said = slceleb("plugins", "list")
    assert said.code == 1
    assert said.err.startswith("error: unexpected error: ZeroDivisionError: nobody foresaw this; the traceback is in ")
    log = Path(said.err.rstrip().rpartition(" ")[2])
    assert "Traceback" in log.read_text()
    log.unlink()


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain Ünï 李", "plain Ünï 李"), ("a\nb", "a\\nb"), ("\x1b[2J", "\\x1b[2J"), (os.fsdecode(b"\xe9"), "\\xe9")],
)
def test_what_cannot_be_printed_is_escaped(text, shown):
    assert printable(text) == shown


@pytest.fixture
def terminal(monkeypatch):
    """Let stderr be a terminal, and return what is written to it."""
    written = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=written, force_terminal=True, width=200, markup=False))
    return written


def test_progress_names_the_video_its_position_its_speed_and_the_stages(terminal, monkeypatch, tmp_path):
    now = iter(range(1000, 2000, 2))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    video = VideoInfo(tmp_path / "[b]clip.mp4", 640, 480, start=1.0, duration=90.0)
    with progress.watcher(shown=True) as watching:
        observer = watching.begin(2, 3, video.path)
        for frames in (25, 50, 75):
            observer(Progress(video, frames, 1.0 + frames / 25, {"detect": 3.0, "speak": 1.0}))
    shown = terminal.getvalue()
    assert "video 2 of 3: [b]clip.mp4" in shown
    assert "0:03 of 1:30, frame 75" in shown
    assert "12.5 frames/s, 0.50x" in shown
    assert "detect 3.0 s (75%), speak 1.0 s (25%)" in shown


def test_progress_of_a_video_of_unknown_length_is_shown(terminal, tmp_path):
    video = VideoInfo(tmp_path / "clip.mkv", 640, 480)
    with progress.watcher(shown=True) as watching:
        watching.begin(1, 1, video.path)(Progress(video, 1, 0.5, {}))
    assert "0:00 of ?, frame 1" in terminal.getvalue()


def test_progress_is_not_shown_where_stderr_is_no_terminal(tmp_path):
    with progress.watcher(shown=True) as watching:
        assert watching.begin(1, 1, tmp_path) is None


def test_long_positions_have_hours():
    assert [progress.clock(seconds) for seconds in (9.9, 75, 3725)] == ["0:09", "1:15", "1:02:05"]

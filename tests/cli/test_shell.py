"""The command as a program: completion, broken pipes, progress, and errors that nobody foresaw."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slceleb_core.cli.console import printable
from slceleb_core.cli.options import completing, model_names, profile_names, stage_names
from slceleb_core.registry import Registry

SLCELEB = [sys.executable, "-m", "slceleb_core"]


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

"""The command where it is started by cron, by daemons, in pipes and on full disks: with streams that take nothing."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from slceleb_core.cli import console
from slceleb_core.cli.streams import _Careless, _Patient

SLCELEB = f"{sys.executable} -m slceleb_core"


def shell(line, **environment):
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env={**os.environ, **environment}, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", ["plugins list", "--help"])
def test_what_was_to_be_shown_and_cannot_be_is_an_error_in_one_line(command):
    code, _, said = shell(f"{SLCELEB} {command} >/dev/full")
    assert code == 1
    assert said.startswith("error: cannot write to standard output: No space left on device\nhint: ")
    assert len(said.splitlines()) == 2


def test_closed_streams_are_no_fault():
    assert shell(f"{SLCELEB} --version <&- >&- 2>&-")[0] == 0


def test_an_error_that_cannot_be_said_keeps_its_exit_code():
    assert shell(f"{SLCELEB} profiles show nowhere >&- 2>/dev/full")[0] == 2


def test_numbers_of_closed_streams_are_not_given_to_other_files():
    code = (
        "import os, tempfile; from slceleb_core.cli.streams import prepare_streams; prepare_streams();"
        "print('lost'); made = tempfile.NamedTemporaryFile(); os._exit(0 if made.fileno() > 2 else 1)"
    )
    assert shell(f'{sys.executable} -c "{code}" <&- >&- 2>&-')[0] == 0


def test_a_run_is_done_though_nobody_can_be_told(slceleb, talking, fakes, tmp_path, monkeypatch):
    """Closed streams, and a full disk behind both: the work was done, so it has not failed."""

    def full(value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("slceleb_core.cli.batch.show_json", full)
    monkeypatch.setattr(console, "silence", lambda number: None)
    said = slceleb("run", talking, "--profile", fakes, "-o", tmp_path / "out", "--json")
    assert said.code == 0
    assert "warning: all was done, but it cannot be told: standard output: No space left on device" in said.err
    assert (tmp_path / "out" / "talking" / "result.json").exists()


def test_standard_error_that_takes_nothing_is_silent_and_one_that_is_busy_is_waited_for(tmp_path):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    filled = 0
    try:
        while True:
            filled += os.write(writer, bytes(65536))
    except BlockingIOError:
        pass
    busy = threading.Thread(target=lambda: [os.read(reader, 4096) for _ in range(filled // 4096)])
    busy.start()
    assert _Patient(writer, "w", closefd=False).write(b"hello") == 5
    busy.join()
    assert os.read(reader, 65536) == b"hello"
    os.close(reader)
    careless = _Careless(writer, "w", closefd=False)
    assert careless.write(b"nobody reads this") == 17  # a broken pipe
    assert careless.write(b"nor this") == 8
    os.close(writer)


def test_run_without_anything_says_how_it_is_used(slceleb):
    said = slceleb("run")
    assert said.code == 2
    assert said.err.startswith("error: no video and no output folder is given\nhint: usage: slceleb run VIDEO")


@pytest.mark.parametrize("group", [[], ["run"], ["corpus"], ["corpus", "remove"]])
def test_help_has_a_short_name_at_every_level(slceleb, group):
    assert slceleb(*group, "-h") == slceleb(*group, "--help")


def test_a_reader_that_goes_away_is_no_fault():
    code, out, said = shell(f"{SLCELEB} profiles schema | head -c 1; exit ${{PIPESTATUS[0]}}")
    assert code in (0, 1)  # whether all was written before it went
    assert (out, said) == ("{", "")


def test_a_working_directory_that_is_gone_is_said(tmp_path):
    code, _, said = shell(f"cd {tmp_path}; mkdir gone; cd gone; rmdir ../gone; {SLCELEB} run a.mp4 -o out")
    assert (code, said.splitlines()[0]) == (2, "error: the folder that this was started in is gone")


def test_no_folder_for_temporary_files_is_said_before_the_run(slceleb, talking, fakes, tmp_path, monkeypatch):
    def none():
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.gettempdir", none)
    said = slceleb("run", talking, "--profile", fakes, "-o", tmp_path / "out")
    assert said.code == 2
    assert said.err.endswith("none of the usual ones can be written to\nhint: let TMPDIR name a folder with room\n")


def test_a_temporary_folder_that_is_not_taken_is_said(slceleb, talking, fakes, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    said = slceleb("run", talking, "--profile", fakes, "-o", tmp_path / "out", "--dry-run")
    assert said.err.startswith(f"warning: TMPDIR={tmp_path}/nowhere cannot be written to: temporary files go to ")

import errno
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys

import pytest

from slceleb_core.disk.lock import LOCK, claimed
from slceleb_core.errors import OutputError, UsageError

HOLD = "import sys; from pathlib import Path; from slceleb_core.disk.lock import claimed\n"
HOLD += "with claimed(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_refused_in_one_line_that_names_the_first(holder, tmp_path):
    with pytest.raises(UsageError) as refused, claimed(tmp_path):
        pytest.fail("both work there")
    assert f"process {holder.pid} on " in refused.value.message
    assert str(tmp_path) in refused.value.message
    assert "\n" not in str(refused.value)
    assert "--output-dir" in refused.value.hint


def test_a_killed_process_holds_nothing(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with claimed(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()


def test_the_lock_ends_with_the_block_also_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), claimed(tmp_path):
        raise ZeroDivisionError
    with claimed(tmp_path), pytest.raises(UsageError, match=f"process {os.getpid()}"), claimed(tmp_path):
        pass


def test_a_lock_file_without_sense_still_locks(tmp_path):
    with claimed(tmp_path):
        (tmp_path / LOCK).write_text("?")
        with pytest.raises(UsageError, match="another process works in"), claimed(tmp_path):
            pass


def test_where_nothing_can_be_locked_there_is_a_warning_and_work_goes_on(tmp_path, monkeypatch, caplog):
    def refuse(handle, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with caplog.at_level(logging.WARNING), claimed(tmp_path / "new"):
        assert (tmp_path / "new").is_dir()
    assert "cannot be locked" in caplog.text


def test_a_folder_that_cannot_be_made_is_an_error_of_the_output(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to the output folder"), claimed(tmp_path / "file" / "out"):
        pass

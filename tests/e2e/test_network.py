"""Faces of people are processed: a whole run must not try to reach anybody."""

import os
import re
import shutil
import subprocess
import sys

import pytest

OUTBOUND = re.compile(r"(connect|sendto|sendmsg|sendmmsg)\(.*(AF_INET6?|sin6?_port)")
"""A system call that addresses another host; local sockets (AF_UNIX) and netlink are no network."""


def trace(arguments, log, environment):
    """Run a command under strace; return its exit code and the calls that address another host."""
    command = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(log), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.splitlines()[0]}")
    return done, [line for line in log.read_text().splitlines() if OUTBOUND.search(line)]


@pytest.fixture
def traced():
    if shutil.which("strace") is None:
        pytest.skip("no strace: the system calls of a run cannot be read")
    return trace


def test_the_trace_sees_an_attempt(traced, tmp_path):
    """The test below can fail: an attempt to connect is seen, though nobody answers."""
    code = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('127.0.0.1', 9))"
    _, calls = traced([sys.executable, "-c", code], tmp_path / "calls", dict(os.environ))
    assert len(calls) == 1


def test_a_whole_run_opens_no_connection(traced, pipeline, settings, shared, tmp_path):
    environment = {**os.environ, "SLCELEB_MODELS": str(settings.models or "")}
    media = shared / "media"
    command = [sys.executable, "-m", "slceleb_core", "run", str(media / "clips" / "obama_biden.mp4")]
    command += ["--poi-dir", str(media / "poi"), "--output-dir", str(tmp_path / "out")]
    done, calls = traced(command, tmp_path / "calls", environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "obama_biden" / "segments.csv").is_file()
    assert calls == []

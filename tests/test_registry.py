import subprocess
import sys

import pytest

from slceleb_core import hookimpl
from slceleb_core.errors import PluginError
from slceleb_core.registry import PACKAGES, Origin, Registry
from slceleb_core.testing import FakeDetector, FakePlugin, MemorySink


def origin(name):
    return Origin(name, f"slceleb-{name}", "1.0")


class OneSink:
    def __init__(self, stage):
        self.stage = stage

    @hookimpl
    def slceleb_sinks(self):
        return [self.stage]


def test_stages_of_every_role_are_found_by_name():
    registry = Registry.of(FakePlugin())
    assert registry.find("detector", "fake").stage is FakeDetector
    assert [(known.role, known.name) for known in registry] == [
        ("detector", "fake"),
        ("recognizer", "fake"),
        ("speaker", "fake"),
        ("voice", "fake"),
        ("generator", "fake"),
        ("sink", "memory"),
    ]


def test_a_missing_stage_is_answered_with_the_nearest_name():
    with pytest.raises(PluginError, match="no detector named 'fak' is installed") as caught:
        Registry.of(FakePlugin()).find("detector", "fak")
    assert caught.value.hint == "did you mean fake?"


def test_a_stage_of_a_plugin_of_ours_that_is_not_installed_is_answered_with_what_to_install():
    with pytest.raises(PluginError, match="no detector named 'retinaface' is installed") as caught:
        Registry.of(FakePlugin()).find("detector", "retinaface")
    assert caught.value.hint == "pip install slceleb-celeb2019"


def test_what_to_install_is_known_of_every_stage_of_our_plugins():
    found = {
        (known.role, known.name): known.origin.distribution
        for known in Registry.discover()
        if known.origin.distribution != "slceleb-core"
    }
    assert {key: package for key, package in PACKAGES.items() if key in found} == found


def test_two_stages_of_one_name_are_an_error_that_names_both_distributions():
    plugins = [(OneSink(MemorySink), origin("one")), (OneSink(MemorySink), origin("two"))]
    with pytest.raises(
        PluginError, match=r"two plugins provide a sink named 'memory': slceleb-one 1.0 and slceleb-two"
    ):
        Registry(plugins)


def test_one_name_may_serve_two_roles():
    assert len(list(Registry.of(FakePlugin()))) == 6


class Raises:
    @hookimpl
    def slceleb_sinks(self):
        raise RuntimeError("cannot find libfoo")


class NotAClass:
    @hookimpl
    def slceleb_sinks(self):
        return [42]


class UnknownHook:
    @hookimpl
    def slceleb_typo(self):
        return []


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (Raises(), "RuntimeError: cannot find libfoo"),
        (NotAClass(), "TypeError: slceleb_sinks returned 42"),
        (UnknownHook(), "slceleb_typo"),
    ],
)
def test_a_broken_plugin_is_set_aside_and_the_others_work(plugin, reason):
    registry = Registry([(plugin, origin("bad")), (FakePlugin(), origin("good"))])
    (broken,) = registry.broken
    assert reason in broken.reason
    assert "Traceback" in broken.trace
    assert registry.find("sink", "memory")


def test_a_profile_that_needs_a_broken_plugin_is_told_why():
    registry = Registry([(Raises(), origin("bad"))])
    with pytest.raises(PluginError) as caught:
        registry.find("sink", "foo")
    assert "the plugin bad of slceleb-bad 1.0 is broken: RuntimeError: cannot find libfoo" in caught.value.hint


def test_everything_installed_is_discovered_and_none_of_it_is_broken():
    registry = Registry.discover()
    assert registry.broken == ()
    found = {(known.role, known.name): known.origin.distribution for known in registry}
    assert found["sink", "json"] == "slceleb-core"
    assert found["detector", "mediapipe"] == "slceleb-detector-mediapipe"
    assert found["detector", "mediapipe-video"] == "slceleb-detector-mediapipe"
    assert found["recognizer", "insightface"] == "slceleb-recognizer-insightface"
    assert found["speaker", "xcorr"] == "slceleb-speaker-xcorr"


def test_an_entry_point_that_cannot_be_imported_is_set_aside(tmp_path, monkeypatch):
    info = tmp_path / "slceleb_sink_broken-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slceleb-sink-broken\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[slceleb]\nbroken = no_such_module_of_ours\n")
    monkeypatch.syspath_prepend(tmp_path)
    (broken,) = Registry.discover().broken
    assert str(broken.origin) == "slceleb-sink-broken 0.3"
    assert broken.reason == "ModuleNotFoundError: No module named 'no_such_module_of_ours'"


def test_discovery_imports_nothing_heavy():
    heavy = ["mediapipe", "insightface", "onnxruntime", "librosa", "sklearn", "matplotlib", "av", "cv2", "scipy"]
    code = "import sys; from slceleb_core.registry import Registry; Registry.discover(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted(set(heavy) & set(done.stdout.split())) == []

"""A plugin that is installed to be edited counts by the content of its package; any other by its version."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import slceleb_core
from slceleb_core.artefacts.provenance import changes, stage_identity
from slceleb_core.artefacts.sources import edited_sources
from slceleb_core.errors import PluginError
from slceleb_core.registry import Origin, Registry
from slceleb_core.testing import RED, FakeDetector, FakePlugin, Person, SyntheticTalker, write_video

PLUGIN = """
from slceleb_core import hookimpl, sinks
from slceleb_core.testing import FakeDetector, FakeRecognizer, FakeSpeaker

class Own(FakeDetector):
    name = "own"

@hookimpl
def slceleb_detectors():
    return [Own]

@hookimpl
def slceleb_recognizers():
    return [type("OwnRecognizer", (FakeRecognizer,), {"name": "own"})]

@hookimpl
def slceleb_speakers():
    return [type("OwnSpeaker", (FakeSpeaker,), {"name": "own"})]
"""

NAME = "slceleb-own"


def install(site, package, *, record, **direct_url):
    """Write what pip does beside a package: who it is, its entry point, its files, and where it came from."""
    about = site / "slceleb_own-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[slceleb]\nown = own_plugin\n")
    (about / "RECORD").write_text("".join(f"{line},,\n" for line in record))
    (about / "direct_url.json").write_text(json.dumps({"url": package.parent.as_uri(), **direct_url}))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the folder of a plugin's package, on the path."""
    folder = tmp_path / "src" / "own_plugin"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text(PLUGIN)
    (folder / "data" / "table.csv").write_text("1\n")
    monkeypatch.syspath_prepend(tmp_path / "src")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield folder
    sys.modules.pop("own_plugin", None)


def loaded():
    """Return the hash of the plugin as a new process would have it."""
    sys.modules.pop("own_plugin", None)
    importlib.invalidate_caches()
    return edited_sources(importlib.import_module("own_plugin").Own, NAME)


@pytest.mark.parametrize("edited", ["__init__.py", "data/table.csv", "new.py"])
def test_every_file_of_an_editable_package_counts(package, tmp_path, edited):
    install(tmp_path / "site", package, record=["_own.pth"], dir_info={"editable": True})
    before = loaded()
    assert before
    assert loaded() == before
    with (package / edited).open("a") as file:
        file.write("# edited\n")
    assert loaded() != before


@pytest.mark.parametrize("left", [".swap", "#draft#", "draft.py~", "__pycache__/own.cpython-311.pyc", ".git/HEAD"])
def test_what_an_editor_and_python_leave_beside_it_does_not(package, tmp_path, left):
    install(tmp_path / "site", package, record=["_own.pth"], dir_info={"editable": True})
    before = loaded()
    (package / left).parent.mkdir(exist_ok=True)
    (package / left).write_text("left")
    assert loaded() == before


def test_an_ordinary_installation_counts_by_its_version_wherever_it_lies(package, tmp_path):
    install(tmp_path / "src", package, record=["own_plugin/__init__.py", "own_plugin/data/table.csv"])
    assert loaded() == ""


def test_a_package_that_is_not_what_was_installed_counts_by_its_content(package, tmp_path):
    install(tmp_path / "site", package, record=["own_plugin/__init__.py"])
    assert loaded() != ""


def test_what_is_edited_while_a_process_runs_is_not_what_it_has_loaded(package, tmp_path):
    install(tmp_path / "site", package, record=[], dir_info={"editable": True})
    loaded()
    stage = sys.modules["own_plugin"].Own
    before = edited_sources(stage, NAME)
    (package / "__init__.py").write_text(PLUGIN + "# edited\n")
    assert edited_sources(stage, NAME) == before


def test_a_class_that_is_derived_from_an_edited_one_counts_with_it(package, tmp_path):
    install(tmp_path / "site", package, record=[], dir_info={"editable": True})

    def derived():
        loaded()
        return edited_sources(type("Derived", (sys.modules["own_plugin"].Own,), {}), "(given)")

    before = derived()
    (package / "__init__.py").write_text(PLUGIN + "# edited\n")
    assert derived() != before


def test_the_core_counts_by_its_numbers():
    assert edited_sources(FakeDetector, "slceleb-core") == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_source_that_cannot_be_read_is_an_error_that_names_it(package, tmp_path):
    install(tmp_path / "site", package, record=[], dir_info={"editable": True})
    (package / "data" / "table.csv").chmod(0)
    with pytest.raises(PluginError, match=r"source of slceleb-own.*table\.csv"):
        loaded()


def test_an_identity_has_sources_where_they_count_and_only_there(package, tmp_path):
    install(tmp_path / "site", package, record=[], dir_info={"editable": True})
    hashed = loaded()
    own = FakePlugin(detector=sys.modules["own_plugin"].Own)
    origins = {"own": Origin("own", NAME, "0.1"), "fake": Origin("fakes", "slceleb-fakes", "2.0")}
    own_registry, fakes = Registry([(own, origins["own"])]), Registry([(FakePlugin(), origins["fake"])])
    assert stage_identity("detector", sys.modules["own_plugin"].Own, own_registry)["sources"] == hashed
    assert "sources" not in stage_identity("detector", FakeDetector, fakes)


OLD = {"name": "own", "distribution": NAME, "version": "0.1", "revision": 1, "sources": "a"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"sources": "b"}, ["the source of slceleb-own has changed"]),
        ({"sources": None}, ["the source of slceleb-own has changed"]),
        ({"version": "0.2"}, ["slceleb-own 0.1 has become 0.2"]),
        ({"version": "0.2", "sources": "b"}, ["slceleb-own 0.1 has become 0.2"]),
        ({"revision": 2}, ["own of slceleb-own works otherwise than before"]),
        ({"name": "other"}, []),
    ],
)
def test_what_has_changed_of_a_plugin_is_said(change, said):
    now = {name: value for name, value in {**OLD, **change}.items() if value is not None}
    assert changes({"detector": OLD}, {"detector": now}) == said


def test_a_change_of_a_part_of_a_stage_is_said():
    fuse = {"name": "fuse", "distribution": "slceleb-core", "version": "1", "revision": 1}
    before, now = ({**fuse, "made_of": [{**OLD, "sources": source}]} for source in "ab")
    assert changes({"speaker": before}, {"speaker": now}) == ["the source of slceleb-own has changed"]


def test_of_two_stages_of_one_plugin_a_change_is_said_once():
    stages = {"detector": OLD, "speaker": OLD}
    now = {role: {**stage, "sources": "b"} for role, stage in stages.items()}
    assert changes(stages, now) == ["the source of slceleb-own has changed"]


def test_what_an_edited_plugin_has_made_is_not_taken_for_what_it_would_make_now(package, tmp_path):
    install(tmp_path / "site", package, record=["_own.pth"], dir_info={"editable": True})
    talker = SyntheticTalker(seed=1, duration=0.6)
    video = write_video(tmp_path / "a.mkv", [Person(RED, talker=talker)], audio=talker.audio(), duration=0.6)
    profile = tmp_path / "own.yaml"
    profile.write_text("detect: {use: own}\nembed: null\nspeaker: {use: own}\nsinks: [{use: json}]\n")
    core = Path(slceleb_core.__file__).parent.parent
    path = os.pathsep.join(map(str, [core, tmp_path / "src", tmp_path / "site"]))
    command = [sys.executable, "-m", "slceleb_core", "run", video, "-o", tmp_path / "out", "-p", profile]

    def run(*more):
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "SLCELEB_RUNNER": "inline"}
        said = subprocess.run([*map(str, command), *more], env=environment, capture_output=True, text=True, check=True)
        return said.stderr, json.loads(said.stdout)["videos"][0]

    first = run("--json")[1]
    assert first["attempts"] == 1
    (package / "__init__.py").write_text(PLUGIN + "Own.revision = 1\n")
    assert run("--dry-run", "--json")[1]["reason"] == "the source of slceleb-own has changed"
    said, again = run("--json")
    assert "the source of slceleb-own has changed: 1 video is done again" in said
    assert (again["attempts"], again["why"]) == (1, "the source of slceleb-own has changed")
    assert not again["statistics"]["cache"]["faces"]
    recorded = [found["provenance"]["stages"]["detector"]["sources"] for found in (first, again)]
    assert len(set(recorded)) == 2

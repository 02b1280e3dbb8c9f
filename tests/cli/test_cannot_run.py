"""A stage that cannot run on this machine says so before a video is touched."""

import hashlib
import re
import sys

import pytest

from slceleb_core.batch.inline import InlineRunner
from slceleb_core.models import ModelFile, Terms
from slceleb_core.testing import FakeDetector, FakeSpeaker

LACKING = (("parquet", "pyarrow", "slceleb-core[parquet]"), ("annotated", "PIL", "pip install pillow"))


@pytest.fixture(params=LACKING, ids=[sink for sink, *_ in LACKING])
def lacking(request, monkeypatch, fakes):
    """Return a profile with a sink whose package is not installed, and the hint to install it."""
    sink, package, hint = request.param
    monkeypatch.setitem(sys.modules, package, None)
    fakes.write_text(fakes.read_text().replace("[{use: json}]", f"[{{use: json}}, {{use: {sink}}}]"))
    return fakes, sink, hint


def test_validating_a_profile_says_that_its_sink_cannot_run(slceleb, lacking):
    profile, sink, hint = lacking
    said = slceleb("profiles", "validate", profile)
    assert said.code == 1
    assert f"{profile}: the sink {sink}" in said.err
    assert hint in said.err
    assert said.out == ""


@pytest.mark.parametrize("further", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_a_run_stops_before_anything_is_written(slceleb, lacking, talking, tmp_path, further):
    profile, sink, hint = lacking
    said = slceleb("run", talking, "-o", tmp_path / "out", "--profile", profile, *further)
    assert said.code == 2
    assert f"the sink {sink}" in said.err
    assert hint in said.err
    assert not (tmp_path / "out").exists()


def test_what_is_shown_of_a_profile_needs_no_package(slceleb, lacking):
    profile, sink, _ = lacking
    said = slceleb("profiles", "show", profile, "--resolved")
    assert said.code == 0
    assert f"use: {sink}" in said.out


def test_what_knows_faces_again_is_needed_only_where_there_are_photos(
    slceleb, fakes, talking, photos, tmp_path, monkeypatch
):
    from slceleb_core.errors import PluginError
    from slceleb_core.testing.fakes import FakeRecognizer

    def lacks(config):
        raise PluginError("the recognizer fake needs a package", "install it")

    monkeypatch.setattr(FakeRecognizer, "check", lacks, raising=False)
    command = ("run", talking, "-o", tmp_path / "out", "--profile", fakes, "--dry-run")
    assert slceleb(*command).code == 0
    said = slceleb(*command, "--poi-dir", photos)
    assert said.code == 2
    assert "the recognizer fake needs a package" in said.err


TERMS = Terms("acme", "research only", "https://example.org/terms")


def pinned(name, content=b"weights", terms=None):
    return ModelFile(name, hashlib.sha256(content).hexdigest(), len(content), "MIT", "finds faces", terms=terms)


@pytest.fixture
def with_models(plugin):
    """Let the fake detector and the fake speaker take a model file each; the speaker's has terms."""

    class Detecting(FakeDetector):
        model_files = (pinned("eyes.onnx"),)

        @classmethod
        def check_models(cls, config, models):
            models.locate(cls.model_files[0])

    class Listening(FakeSpeaker):
        model_files = (pinned("ears.onnx", terms=TERMS),)

        @classmethod
        def check_models(cls, config, models):
            models.locate(cls.model_files[0])

    plugin.detector, plugin.speaker = Detecting, Listening


def put(tmp_path, name, content=b"weights"):
    (tmp_path / "cache").mkdir(exist_ok=True)
    (tmp_path / "cache" / name).write_bytes(content)


@pytest.fixture(params=["validate", "run", "dry run", "doctor"])
def told(request, slceleb, fakes, talking, tmp_path):
    """Return a function that asks one of the doors what a profile lacks: its exit code, and the lines that say so."""
    doors = {
        "validate": ("profiles", "validate", fakes),
        "run": ("run", talking, "-o", tmp_path / "out", "--profile", fakes),
        "dry run": ("run", talking, "-o", tmp_path / "out", "--profile", fakes, "--dry-run"),
        "doctor": ("doctor", "--profile", fakes),
    }

    def ask():
        said = slceleb(*doors[request.param])
        mark = f"error  profile {fakes}: " if request.param == "doctor" else "error: "
        return said.code, [line for line in (said.out + said.err).splitlines() if line.startswith(mark)]

    return ask


def test_every_missing_model_is_told_in_a_line_of_its_own(with_models, told, tmp_path):
    code, lines = told()
    assert code != 0
    assert [re.search(r"model file (\S+) is not on this machine", line)[1] for line in lines] == [
        "eyes.onnx",
        "ears.onnx",
    ]
    assert not (tmp_path / "out").exists()


def test_terms_that_nobody_accepted_are_told_before_the_run(with_models, told, tmp_path):
    put(tmp_path, "eyes.onnx")
    put(tmp_path, "ears.onnx")
    code, lines = told()
    assert code != 0
    (line,) = lines
    assert "ears.onnx is for research only (https://example.org/terms), which you have to accept once" in line


def test_another_file_in_the_place_of_a_model_is_told(with_models, told, tmp_path, monkeypatch):
    monkeypatch.setenv("SLCELEB_ACCEPT_LICENCES", "acme")
    put(tmp_path, "eyes.onnx", b"another")
    put(tmp_path, "ears.onnx")
    code, (line,) = told()
    assert code != 0
    assert "is not the eyes.onnx that is pinned" in line


def test_with_all_models_there_the_profile_holds(with_models, slceleb, fakes, tmp_path, monkeypatch):
    monkeypatch.setenv("SLCELEB_ACCEPT_LICENCES", "acme")
    put(tmp_path, "eyes.onnx")
    put(tmp_path, "ears.onnx")
    assert slceleb("profiles", "validate", fakes).code == 0
    assert f"ok  profile {fakes}: its stages have what they need" in slceleb("doctor", "--profile", fakes).out


def test_on_a_cluster_models_are_looked_for_by_its_nodes(with_models, slceleb, fakes, talking, tmp_path, monkeypatch):
    monkeypatch.setattr(InlineRunner, "elsewhere", True)
    command = ("run", talking, "-o", tmp_path / "out", "--profile", fakes, "--dry-run")
    assert slceleb(*command).code == 0


def test_the_doctor_asks_every_stage_what_it_lacks(slceleb, lacking):
    _, sink, hint = lacking
    said = slceleb("doctor")
    assert re.search(rf"^warning  stages: the sink {sink} .*\n    .*{re.escape(hint)}", said.out, re.MULTILINE)


def test_the_doctor_says_what_is_wrong_with_a_profile(slceleb, fakes):
    fakes.write_text(fakes.read_text().replace("json", "jsn"))
    said = slceleb("doctor", "--profile", fakes)
    assert said.code == 1
    assert f"error  profile {fakes}: no sink named 'jsn' is installed" in said.out

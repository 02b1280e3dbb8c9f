"""A stage that cannot run on this machine says so before a video is touched."""

import sys

import pytest

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

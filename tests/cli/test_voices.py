"""A run whose profile names a voice stage: checked before the night, judged at its end; nothing is redone for it."""

import json

import pytest

from slceleb_core.artefacts.keys import NO_GALLERY, Keyring
from slceleb_core.cli import corpus_voices
from slceleb_core.disk.output import statement_of
from slceleb_core.errors import ModelError, OutputError
from slceleb_core.jobs import Item
from slceleb_core.profile import bind, load_profile
from slceleb_core.registry import Registry
from slceleb_core.testing import FakeVoice, builders

from .conftest import PROFILE

HEARD = PROFILE + "voice: {use: fake}\n"


@pytest.fixture
def run(slceleb, tmp_path, talking, photos):
    """Return a function that runs a profile, given as text, on the talking video."""

    def go(text, *options):
        path = tmp_path / "profile.yaml"
        path.write_text(text)
        return slceleb("run", talking, "-o", tmp_path / "out", "--poi-dir", photos, "--profile", path, *options)

    return go


def test_voices_are_judged_at_the_end_where_the_profile_asks_for_it(run, tmp_path):
    said = run(HEARD)
    assert said.code == 0, said.err
    assert "voices: 0 segments (0.0 s) left out, 0 segments (0.0 s) brought back" in said.out
    (folder,) = (path for path in (tmp_path / "out").iterdir() if (path / "source.json").is_file())
    report = statement_of(folder)["report"]
    assert report["provenance"]["stages"]["voice"]["name"] == "fake"
    assert report["provenance"]["profile"]["voice"] == {"use": "fake", "options": {"pitches": 48}}
    assert all(segment["gates"]["voice"]["value"] is None for segment in report["segments"])  # in no other video
    told = json.loads(run(HEARD, "--json").out)
    assert told["voices"]["silent"] == {"one video": len(report["segments"])}


def test_nothing_is_done_again_for_a_voice_stage_or_its_limits(run, tmp_path):
    assert run(PROFILE).code == 0
    for more in ("voice: {use: fake}\n", "gates: {min_voice: -2, min_one_voice: -1, short_voices: true}\n"):
        assert run(PROFILE + more).code == 0
    assert not (tmp_path / "out/.earlier").exists()
    assert run(PROFILE + "segments: {onset: 0.4}\n").code == 0
    assert (tmp_path / "out/.earlier").exists()


def test_no_key_knows_of_voices(installed, tmp_path, fakes):
    def key(*overrides):
        registry = Registry.discover()
        bound = bind(load_profile(fakes, overrides), registry)
        return Keyring(bound, registry, builders.context()).result(NO_GALLERY).of(Item(tmp_path / "a.mp4"))

    assert key() == key("voice.use=fake") == key("gates.min_voice=-3", "gates.short_voices=true")
    assert key() != key("gates.min_speech=0.4")


def test_a_model_that_lacks_is_said_before_the_night(run, tmp_path, monkeypatch):
    def lacking(config, models):
        raise ModelError("the network of voices is not here", "slceleb models fetch it")

    monkeypatch.setattr(FakeVoice, "check_models", staticmethod(lacking))
    said = run(HEARD)
    assert (said.code, "the network of voices is not here" in said.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_stage_that_is_not_installed_is_said_before_the_night(run, tmp_path):
    said = run(PROFILE + "voice: {use: nobody}\n")
    assert (said.code, "no voice named 'nobody' is installed" in said.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_what_goes_wrong_with_voices_loses_no_result(run, tmp_path, monkeypatch):
    def failing(*_, **__):
        raise OutputError("no space left", "make room")

    monkeypatch.setattr(corpus_voices, "judge_voices", failing)
    said = run(HEARD)
    assert (said.code, "no space left" in said.err) == (1, True)
    assert list((tmp_path / "out").glob("*/source.json"))

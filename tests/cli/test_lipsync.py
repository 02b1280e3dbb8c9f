"""``slceleb lipsync``: what it makes, what it says, and what it refuses; and that a run takes in nothing of it."""

import json

import pytest

from slceleb_core.models import Terms
from slceleb_core.testing import FakeGenerator, FakeMeshingDetector, FakePlugin, builders, write_video

pytest.importorskip("c2pa", reason="c2pa-python is not installed")

CONSENT = """
person: Red
purpose: A test.
video: any
sound: any
given: 2026-01-31
signed_by: Red
recorded_by: Whoever runs this
"""

TERMS = Terms("fake-terms", "tests only", "https://example.org/terms")


class Bound(FakeGenerator):
    """Has terms, and looks for its file."""

    terms = (TERMS,)

    @classmethod
    def check_models(cls, config, models):
        models.demand(f"the network {config.model.name}", TERMS)
        models.take(config.model)


@pytest.fixture
def plugin():
    return FakePlugin(detector=FakeMeshingDetector, generator=Bound)


@pytest.fixture
def given(tmp_path, photos, talking, monkeypatch):
    """Return the options of a command that works, each of which may be changed."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "consent.yaml").write_text(CONSENT)
    (tmp_path / "network.onnx").write_bytes(b"not looked at")
    (tmp_path / "fakes.yaml").write_text(
        "detect: {use: fake-meshing}\nembed: {use: fake}\nspeaker: {use: fake}\nsinks: [{use: json}]\n"
    )
    return {
        "--audio": talking,
        "--person": "Red",
        "--poi": photos,
        "--model": tmp_path / "network.onnx",
        "--consent": tmp_path / "consent.yaml",
        "--profile": tmp_path / "fakes.yaml",
        "--generator": "fake",
        "--output": tmp_path / "made.mp4",
    }


@pytest.fixture
def lipsync(slceleb, given, talking):
    def run(*more, video=talking, **changes):
        options = {**given, **{f"--{name}": value for name, value in changes.items()}}
        words = [word for option in options.items() if option[1] is not None for word in option]
        return slceleb("lipsync", video, *words, *more)

    return run


@pytest.fixture
def made(lipsync, tmp_path):
    said = lipsync("--accept-licence")
    assert said.code == 0, said.err
    return said


def refused(said, *words):
    """Make sure that a command was refused in one line and a hint, and return it."""
    assert said.code == 2, said.err
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said.err
    assert all(word in errors[0] for word in words), errors[0]
    assert "Traceback" not in said.err


def test_it_says_what_was_made_and_how_it_is_marked(made, tmp_path):
    assert "3.00 s, the face changed on 75 of 75 frames" in made.out
    assert "marked by words on every picture, and signed content credentials" in made.out
    assert "note: the network is for tests only (https://example.org/terms)" in made.err
    assert (tmp_path / "made.consent.yaml").read_text() == CONSENT
    assert (tmp_path / "config" / "slceleb" / "signing" / "key.pem").exists()


def test_terms_have_to_be_accepted_and_are_once(lipsync, slceleb, tmp_path):
    refused(lipsync(), "the network network.onnx is for tests only", "accept once")
    assert slceleb("models", "accept", "fake-terms").code == 0
    assert lipsync("--unmarked").code == 0
    assert lipsync(output=tmp_path / "again.mp4").code == 0


def test_as_json_it_says_the_same(lipsync, tmp_path):
    said = lipsync("--accept-licence", "--json")
    stated = json.loads(said.out)
    assert stated["output"] == str(tmp_path / "made.mp4")
    assert (stated["frames"], stated["changed"]) == (75, 75)


def test_without_a_name_the_output_is_named_after_the_video(lipsync, tmp_path):
    assert lipsync("--accept-licence", output=None).code == 0
    assert (tmp_path / "talking-lipsync.mp4").exists()


def test_a_run_refuses_what_was_made_and_goes_on(made, slceleb, talking, tmp_path, photos):
    said = slceleb(
        "run", tmp_path / "made.mp4", talking, "--poi-dir", photos, "-p", "fakes.yaml", "--output-dir", "out"
    )
    assert said.code == 1
    assert "a trained model made this, or part of it" in said.out + said.err
    assert "Traceback" not in said.out + said.err
    assert (tmp_path / "out" / "talking" / "result.json").exists()
    assert not (tmp_path / "out" / "made").exists()


CASES = {
    "another's consent": (
        {"consent": CONSENT.replace("person: Red", "person: Blue")},
        "it is Blue's consent, not Red's",
    ),
    "expired": ({"consent": f"{CONSENT}expires: 2026-02-01\n"}, "it expired on 2026-02-01"),
    "in the future": ({"consent": CONSENT.replace("2026", "2999")}, "it holds from 2999-01-31 on"),
    "another video": ({"consent": CONSENT.replace("video: any", "video: sha256:" + "a" * 64)}, "about another video"),
    "not whole": ({"consent": "person: Red\n"}, "purpose"),
    "no record": ({"consent": "just words"}, "mapping"),
    "no such person": ({"person": "Nobody", "consent": CONSENT.replace("person: Red", "person: Nobody")}, "Nobody"),
    "not a container of ours": ({"output": "made.mkv"}, "only .mp4 is written"),
    "no such generator": ({"generator": "wav2lips"}, "no generator named 'wav2lips' is installed"),
    "no such model": ({"model": "nowhere.onnx"}, "cannot read model file nowhere.onnx"),
    "no such sound": ({"audio": "nowhere.wav"}, "nowhere.wav: no such file"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_is_one_line_and_no_file(case, lipsync, tmp_path):
    changes, said = CASES[case]
    changes = dict(changes)
    if "consent" in changes:
        (tmp_path / "consent.yaml").write_text(changes.pop("consent"))
    before = set(tmp_path.rglob("*.mp4"))
    refused(lipsync("--accept-licence", **changes), said)
    assert set(tmp_path.rglob("*.mp4")) == before
    assert not list(tmp_path.glob(".*.new"))


def test_what_was_made_is_no_recording_to_begin_with(made, lipsync, tmp_path):
    refused(lipsync(video=tmp_path / "made.mp4", output=tmp_path / "again.mp4"), "a trained model made this")


def test_what_stands_there_is_left(made, lipsync, tmp_path):
    before = (tmp_path / "made.mp4").read_bytes()
    refused(lipsync(), "is there already")
    assert (tmp_path / "made.mp4").read_bytes() == before


def test_a_sound_without_sound_is_refused(lipsync, tmp_path):
    silent = write_video(tmp_path / "silent.mkv", [], audio=None, duration=1.0)
    refused(lipsync("--accept-licence", audio=silent), "there is no sound in it")
    quiet = write_video(tmp_path / "quiet.mkv", [], audio=builders.audio(1.0), duration=1.0)
    said = lipsync("--accept-licence", audio=quiet)
    assert said.code == 0
    assert "warning: " in said.err


def test_where_nothing_signs_it_says_what_to_install(lipsync, monkeypatch, tmp_path):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "c2pa" else find(name, *rest))
    said = lipsync("--accept-licence")
    refused(said, "content credentials need c2pa, which is not installed")
    assert "slceleb-core[lipsync]" in said.err
    assert not (tmp_path / "made.mp4").exists()

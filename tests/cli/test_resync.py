"""The command on drawn talkers, whose lag the fake stages can tell: what it says, what it writes, what it refuses."""

import inspect
import json
from dataclasses import replace

import numpy as np
import pytest

from slceleb_core.cli.resync import resync as resync_command
from slceleb_core.decision.lag_findings import EARLY, LATE, Estimate, Finding, Jump
from slceleb_core.resyncing import in_words
from slceleb_core.testing import RED, FakeSpeaker, Person, SyntheticTalker, write_video
from slceleb_core.types import AudioSpan

LONG = SyntheticTalker(seed=5, duration=16.0)


def video(folder, name, sound, *, talker=LONG):
    return write_video(folder / name, [Person(RED, talker=talker)], audio=sound, duration=talker.duration)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return files of one talker: in step, half a second late, with another's voice, and silent."""
    folder = tmp_path_factory.mktemp("talkers")
    other = replace(LONG, seed=6)
    sounds = {"step": LONG.audio(), "late": LONG.audio(delay=0.5), "dub": other.audio(), "mute": None}
    sounds["silent"] = AudioSpan(np.zeros(16 * 16_000, np.float32), 0.0)
    return {name: video(folder, f"{name}.mkv", sound) for name, sound in sounds.items()}


@pytest.fixture
def resync(slceleb, fakes):
    return lambda *arguments: slceleb("resync", "-p", fakes, *arguments)


def test_a_late_sound_is_moved_and_what_was_written_is_in_step(resync, made, tmp_path):
    target = tmp_path / "out.mkv"
    said = resync(made["late"], "-o", target)
    assert said.code == 0, said.err
    assert "the sound is 5" in said.out
    assert f"{target}: the audio track 5" in said.out
    assert "earlier" in said.out
    again = resync(target, "--dry-run")
    assert "nothing needs to be done" in again.out


def test_what_is_in_step_is_left(resync, made, tmp_path):
    said = resync(made["step"], "-o", tmp_path / "out.mkv")
    assert said.code == 0
    assert "nothing needs to be done" in said.out
    assert not list(tmp_path.glob("out*"))


def test_a_dub_is_left(resync, made, tmp_path):
    said = resync(made["dub"], "-o", tmp_path / "out.mkv", "--json")
    told = json.loads(said.out)
    assert told["kind"] in ("dub", "unknown")
    assert told["written"] is None
    assert not list(tmp_path.glob("out*"))


def test_json_says_all_of_it(resync, made, tmp_path):
    told = json.loads(resync(made["late"], "-o", tmp_path / "out.mkv", "--json").out)
    assert told["kind"] == "constant"
    assert told["lag_ms"]["low"] < 500 < told["lag_ms"]["high"] + 20
    assert told["shots"][0]["lag_ms"] == pytest.approx(500, abs=40)
    assert told["written"]["sound_ms"] == pytest.approx(-500, abs=40)
    assert told["written"]["streams"] == [1]
    assert set(told["written"]["packets"]) == {"0", "1"}
    assert told["audio_track"].startswith("1 (")


def test_each_shot_is_told_of(resync, made):
    said = resync(made["late"], "--dry-run", "-v")
    assert "\n  shot 0, 0.0 to 16.0 s" in said.out


def test_how_late_a_sound_may_be_can_be_said(resync, made, tmp_path):
    said = resync(made["late"], "-o", tmp_path / "out.mkv", "--late", "700")
    assert "90 ms early to 700 ms late" in said.out
    assert not (tmp_path / "out.mkv").exists()


@pytest.mark.parametrize("name", ["silent", "mute"])
def test_without_sound_there_is_one_line_and_no_file(resync, made, tmp_path, name):
    said = resync(made[name], "-o", tmp_path / "out.mkv")
    assert not list(tmp_path.glob("out*"))
    if name == "mute":
        assert said.code == 2
        assert "no sound to bring together with the lips" in said.err
        assert len(said.err.strip().splitlines()) <= 2
    else:
        assert said.code == 0
        assert "too little to go by" in said.out


def test_without_faces_there_is_too_little(resync, tmp_path):
    empty = write_video(tmp_path / "empty.mkv", [], audio=LONG.audio(), duration=4.0)
    said = resync(empty, "-o", tmp_path / "out.mkv")
    assert said.code == 0
    assert "too little to go by" in said.out
    assert "(0 s of lips beside a voice)" in said.out
    assert not (tmp_path / "out.mkv").exists()


def test_where_it_goes_is_made_sure_of_before_anything_is_looked_at(resync, made, tmp_path, plugin):
    (tmp_path / "there.mkv").write_bytes(b"")
    for target, what in (
        (made["late"], "is the video itself"),
        (tmp_path / "there.mkv", "is there already"),
        (tmp_path / "none" / "out.mkv", "no such folder"),
        (tmp_path / "out.avi", "cannot be moved freely"),
    ):
        said = resync(made["late"], "-o", target)
        assert said.code == 2
        assert what in said.err
        assert not said.out


@pytest.mark.parametrize("content", [b"", b"no film at all"])
def test_what_is_no_video_is_refused(resync, tmp_path, content):
    path = tmp_path / "film.mkv"
    path.write_bytes(content)
    said = resync(path, "-o", tmp_path / "out.mkv")
    assert said.code == 2
    assert str(path) in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out.mkv").exists()


def test_a_file_that_is_not_there_is_named(resync, tmp_path):
    said = resync(tmp_path / "gone.mkv")
    assert said.code == 2
    assert "no such file" in said.err


def test_a_speaker_that_tells_no_lag_is_refused(resync, made, tmp_path, monkeypatch):
    monkeypatch.setattr(FakeSpeaker, "claims", frozenset({"sync"}))
    said = resync(made["late"], "-o", tmp_path / "out.mkv")
    assert said.code == 2
    assert "the speaker fake does not tell by how much a sound is early or late" in said.err
    assert "xcorr" in said.err


def test_every_finding_has_words():
    far, near = Estimate(0.5, 0.49, 0.51), Estimate(-0.02, -0.03, -0.01)
    drift = Finding("drift", 60.0, 50.0, lag=far, drift=Estimate(900.0, 800.0, 1000.0))
    jump = Finding("jump", 60.0, 50.0, jump=Jump(30.0, near, far))
    said = [in_words(found, 0.09, 0.185) for found in (drift, jump, Finding("dub", 60.0, -9.0), Finding("unknown"))]
    assert "+900 ppm (+800 to +1000 ppm)" in said[0]
    assert "500 ms late" in said[0]
    assert "20 ms early before 30.0 s, 500 ms late behind it" in said[1]
    assert "at no lag" in said[2]
    assert all("is left as it is" in line for line in said)
    assert in_words(Finding("constant", 60.0, 50.0, lag=far), 0.09, 0.185).startswith("the sound is 500 ms late")


def test_what_is_acceptable_is_what_a_run_goes_by():
    """The command line imports no rules before it is asked to work, so it has the two numbers itself."""
    told = inspect.signature(resync_command).parameters
    assert (told["early"].default, told["late"].default) == (1000 * EARLY, 1000 * LATE)

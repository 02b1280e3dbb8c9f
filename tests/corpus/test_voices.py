"""Voices of a finished folder: what is left out for them, what comes back, and what is kept of them."""

import csv
import json
import shutil
import subprocess
import sys
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from slceleb_core.corpus.folders import ASIDE
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.output import statement_of
from slceleb_core.registry import Registry
from slceleb_core.review.applying import apply_review
from slceleb_core.review.decisions import Decision, Review
from slceleb_core.review.stretches import candidates_of
from slceleb_core.review.views import read_result
from slceleb_core.sinks.table import REJECTED_COLUMNS
from slceleb_core.testing import RED, FakeVoice, Person, SyntheticTalker
from slceleb_core.testing import write_video as write_film
from slceleb_core.testing.voice import Throat
from slceleb_core.types import SAMPLE_RATE, AudioSpan

from .conftest import segment
from .killing_voices import fakes_alone

ADA, BO = Throat(fundamental=210.0, formants=1.15), Throat(fundamental=110.0)
"""Two voices, almost an octave apart."""

WRONG = "third-0002"
"""Ada's name, with the voice of Bo."""


@lru_cache
def sound(throat, seed, seconds):
    return SyntheticTalker(seed, seconds, throat=throat).audio().samples


def write(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream, wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())


def write_video(output_dir, name, spoken, *, track=None, profile=None):
    """Write a finished video: person, throat, and from when to when."""
    folder, segments, start = output_dir / name, [], 0.0
    for number, (person, throat, seconds) in enumerate(spoken, start=1):
        made = segment(name, number, person, start, start + seconds)
        made["track"] = number if track is None else track
        segments.append(made)
        start += seconds + 0.5
        seed = sum(name.encode()) + number
        write(folder / "clips" / person / f"{made['id']}.wav", sound(throat, seed, seconds))
    provenance = {"profile": profile or {}, "stages": {}}
    statistics = {"segments": len(segments), "segment_seconds": 0.0, "rejected_seconds": {"asd": 1.0}, "persons": {}}
    report = {
        "duration": 60.0,
        "segments": segments,
        "warnings": [],
        "statistics": statistics,
        "provenance": provenance,
    }
    video = output_dir.parent / "videos" / f"{name}.mp4"
    stated = {"video": str(video), "fingerprint": f"sha256:{name}", "key": "key", "report": report}
    (folder / "source.json").write_text(json.dumps(stated))
    result = {"segments": segments, "rejected": [], "tracks": [], "statistics": statistics, **provenance}
    (folder / "result.json").write_text(json.dumps(result))
    (folder / "rejected.csv").write_text(",".join(REJECTED_COLUMNS) + "\n")
    return folder


@pytest.fixture
def installed(monkeypatch):
    """Install the fakes and the built-in sinks."""
    monkeypatch.setattr(Registry, "discover", fakes_alone)


@pytest.fixture
def out(tmp_path, installed):
    """Return a folder of four videos of two people; in one of them Ada has Bo's voice for two seconds and a half."""
    folder = tmp_path / "out"
    for name in ("first", "second", "fourth"):
        write_video(folder, name, [("Ada", ADA, 3.0), ("Bo", BO, 3.0)])
    write_video(folder, "third", [("Ada", ADA, 3.0), ("Ada", BO, 2.5), ("Bo", BO, 3.0)])
    return folder


@pytest.fixture
def judged(out, slceleb):
    """Return a function that judges the folder, and returns what it said as JSON."""

    def judge(*options, folder=out):
        code, said, err = slceleb("corpus", "voices", folder, "--voice", "fake", "--json", *options)
        assert code == 0, err
        return json.loads(said)

    return judge


@pytest.fixture
def counted(monkeypatch):
    """Return a list of how many sounds were handed to the stage, a number a call."""
    counts, embed = [], FakeVoice.embed

    def counting(self, sounds):
        counts.append(len(sounds))
        return embed(self, sounds)

    monkeypatch.setattr(FakeVoice, "embed", counting)
    return counts


def ids(folder):
    return {utterance.id for utterance in read_corpus(folder).utterances()}


def gates(folder, key):
    """Return the gates of a segment, wherever it stands."""
    stated = statement_of(folder / key.rpartition("-")[0])
    known = {each["id"]: each for each in stated["report"]["segments"]} | stated["voices"]["out"]
    return known[key]["gates"]


def files(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def ruled(verdict, key=WRONG):
    return Review("Zoë", "", {key: Decision(verdict, "", "2026-01-02T03:04:05Z")})


def test_another_voice_is_left_out_and_nothing_is_deleted(out, judged):
    before = ids(out)
    told = judged()
    assert [row["id"] for row in told["going"]] == [WRONG]
    assert before - ids(out) == {WRONG}
    assert (out / ASIDE / "third/clips/Ada" / f"{WRONG}.wav").is_file()
    assert gates(out, WRONG)["voice"]["value"] < -1.0 < gates(out, "third-0001")["voice"]["value"]


def test_why_it_is_no_segment_stands_where_every_reason_stands(out, judged, slceleb):
    judged()
    with (out / "third/rejected.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert (row["person"], row["gate"], row["start"], row["limit"]) == ("Ada", "voice", "3.500", "-1.0000")
    result, stated = json.loads((out / "third/result.json").read_text()), statement_of(out / "third")
    (stretch,) = result["rejected"]
    assert (stretch["gate"], stretch["segment"]) == ("voice", WRONG)
    for statistics in (result["statistics"], stated["report"]["statistics"]):
        assert statistics["rejected_seconds"] == {"asd": 1.0, "voice": 2.5}
    assert (stated["key"], result["stages"]["voice"]["name"]) == ("key", "fake")
    report = json.loads(slceleb("corpus", "report", out, "--json")[1])
    assert report["rejected_seconds"]["voice"] == 2.5
    assert (report["voices"]["stage"], report["voices"]["left_out"], report["voices"]["judged"]) == ("fake", 1, 9)
    assert 0 <= report["voices"]["lost"] < 0.02 < 0.9 < report["voices"]["found"]


def test_the_same_again_changes_nothing_and_listens_to_nothing(out, judged, counted):
    judged()
    before, counted[:] = files(out), []
    judged()
    assert (files(out), counted) == (before, [])


def test_nothing_but_embeddings_is_written_where_it_is_only_tried(out, judged):
    before = files(out)
    told = judged("--dry-run")
    assert ([row["id"] for row in told["going"]], told["carried_out"]) == ([WRONG], False)
    assert {path.parts[0] for path in set(files(out)) - set(before)} == {".voices"}
    assert {path: content for path, content in files(out).items() if path.parts[0] != ".voices"} == before


def test_with_another_limit_it_comes_back_where_it_was(out, judged, counted):
    before = ids(out)
    judged()
    counted.clear()
    told = judged("--set", "min_voice=-20")
    assert [row["id"] for row in told["returning"]] == [WRONG]
    assert (ids(out), counted) == (before, [])
    assert (out / "third/clips/Ada" / f"{WRONG}.wav").is_file()
    assert not (out / ASIDE).exists()
    assert (out / "third/rejected.csv").read_text().count("\n") == 1
    assert json.loads((out / "third/result.json").read_text())["rejected"] == []
    for stated in (statement_of(out / "third")["report"], json.loads((out / "third/result.json").read_text())):
        assert stated["statistics"]["rejected_seconds"] == {"asd": 1.0}
    assert gates(out, WRONG)["voice"]["limit"] == -20
    assert judged("--set", "min_voice=null")["going"] == []


def test_the_folder_knows_how_it_was_judged_last(out, judged, slceleb):
    judged("--set", "min_voice=-20")
    code, said, err = slceleb("corpus", "voices", out, "--json")
    assert code == 0, err
    assert json.loads(said)["limits"]["min_voice"] == -20


def test_a_reviewer_who_accepts_it_goes_before(out, judged):
    judged()
    assert apply_review(ruled("accept"), out).restored == 1
    assert WRONG in ids(out)
    assert json.loads((out / "third/result.json").read_text())["rejected"] == []
    told = judged()
    assert [row["id"] for row in told["kept_by_review"]] == [WRONG]
    assert (told["going"], WRONG in ids(out)) == ([], True)


def test_a_reviewer_who_rejects_goes_before_whatever_the_limit(out, judged):
    judged()
    apply_review(ruled("reject"), out)
    judged("--set", "min_voice=-20")
    assert WRONG not in ids(out)
    assert statement_of(out / "third")["voices"]["out"] == {}
    assert apply_review(ruled("accept"), out).restored == 1


def test_the_page_shows_it_as_something_that_can_be_decided_on(out, judged):
    judged()
    found = candidates_of("third", read_result(out / "third"), statement_of(out / "third"))
    assert [(each.id, each.gate) for each in found if each.kind == "removed"] == [(WRONG, "voice")]
    assert not [each for each in found if each.kind == "rejected"]


def test_copies_of_a_video_confirm_nothing(out, judged):
    for name in ("fifth", "sixth"):
        shutil.copytree(out / "third", out / name)
        for path in out.glob(f"{name}/**/third-*.wav"):
            path.rename(path.with_name(path.name.replace("third", name)))
        path = out / name / "source.json"
        stated = json.loads(path.read_text().replace("third-0", f"{name}-0"))
        path.write_text(json.dumps(stated))  # its fingerprint is that of the third
    told = judged("--dry-run")
    assert {row["id"] for row in told["going"]} == {WRONG, "fifth-0002", "sixth-0002"}


def test_without_photos_names_are_of_one_video_and_nothing_is_compared(out, judged):
    for path in out.glob("*/source.json"):
        stated = json.loads(path.read_text())
        stated["report"]["provenance"]["gallery"] = None
        path.write_text(json.dumps(stated))
    told = judged()
    assert (told["going"], told["judged"], told["silent"]) == ([], 0, {})


def test_short_ones_of_a_track_are_put_together_and_else_nothing_is_said(tmp_path, installed, slceleb):
    folder = tmp_path / "out"
    for name in ("first", "second", "third"):
        write_video(folder, name, [("Ada", ADA, 3.0)])
    write_video(folder, "fourth", [("Ada", BO, 1.2), ("Ada", BO, 1.2)], track=1)
    write_video(folder, "fifth", [("Ada", BO, 1.2)])
    write_video(folder, "sixth", [("Cleo", BO, 3.0)])
    code, said, err = slceleb("corpus", "voices", folder, "--voice", "fake", "--json", "--dry-run")
    assert code == 0, err
    told = json.loads(said)
    assert {row["id"] for row in told["going"]} == {"fourth-0001", "fourth-0002"}
    assert told["silent"] == {"one video": 1, "too short": 1}
    enrolled = ("--dry-run", "--set", "short_voices=true")
    told = json.loads(slceleb("corpus", "voices", folder, "--voice", "fake", "--json", *enrolled)[1])
    assert "fifth-0001" in {row["id"] for row in told["going"]}


def test_without_clips_the_video_itself_is_listened_to(out, judged):
    video = out.parent / "videos" / "third.mkv"
    video.parent.mkdir()
    pause = np.zeros(SAMPLE_RATE // 2, np.float32)
    seed = sum(b"third")
    spoken = [sound(ADA, seed + 1, 3.0), pause, sound(BO, seed + 2, 2.5), pause, sound(BO, seed + 3, 3.0)]
    write_film(video, [Person(RED)], audio=AudioSpan(np.concatenate(spoken), 0.0), duration=9.5, fps=5)
    path = out / "third/source.json"
    path.write_text(
        json.dumps({**json.loads(path.read_text()), "video": str(video), "fingerprint": fingerprint(video)})
    )
    shutil.rmtree(out / "third/clips")
    assert [row["id"] for row in judged()["going"]] == [WRONG]


def test_without_clips_a_group_is_listened_to_by_its_microphone(out, judged):
    """It was switched on two seconds before the camera whose clock is that of the group."""
    recorder = out.parent / "videos" / "recorder.mkv"
    recorder.parent.mkdir()
    pause, seed = np.zeros(SAMPLE_RATE // 2, np.float32), sum(b"third")
    before = np.zeros(2 * SAMPLE_RATE, np.float32)
    spoken = [before, sound(ADA, seed + 1, 3.0), pause, sound(BO, seed + 2, 2.5), pause, sound(BO, seed + 3, 3.0)]
    write_film(recorder, [Person(RED)], audio=AudioSpan(np.concatenate(spoken), 0.0), duration=11.5, fps=5)
    path = out / "third/source.json"
    stated = json.loads(path.read_text())
    heard = {"video": recorder.name, "fingerprint": fingerprint(recorder), "offset": -2.0, "drift": 0.0}
    stated["report"]["provenance"]["group"] = {"clock": "left", "heard": heard}
    stated["files"] = {"/videos/left.mp4": "sha256:left", str(recorder): fingerprint(recorder)}
    path.write_text(json.dumps(stated))
    shutil.rmtree(out / "third/clips")
    assert [row["id"] for row in judged()["going"]] == [WRONG]


def test_what_has_no_sound_any_more_is_not_judged_and_that_is_said(out, slceleb):
    (out / "first/clips/Ada/first-0001.wav").unlink()
    code, said, err = slceleb("corpus", "voices", out, "--voice", "fake")
    assert code == 0
    assert "1 segment could not be heard: no cut sound, and no video" in err
    assert gates(out, "first-0001")["voice"]["value"] is None
    assert "voices: 1 segment (2.5 s) left out, 0 segments (0.0 s) brought back" in said


def test_two_people_under_one_name_and_one_under_two_are_told(tmp_path, installed, slceleb):
    folder = tmp_path / "out"
    for name, (ada, bo) in {"a": (ADA, BO), "b": (ADA, BO), "c": (BO, BO)}.items():
        write_video(folder, name, [("Ada", ada, 4.0), ("Bo", bo, 4.0), ("Bob", bo, 4.0)])
    slceleb("corpus", "voices", folder, "--voice", "fake", "--set", "min_voice=null")
    told = json.loads(slceleb("corpus", "report", folder, "--json")[1])["voices"]
    (mixed,) = told["mixed"]
    assert (mixed["person"], [group["videos"] for group in mixed["groups"]]) == ("Ada", [["a", "b"], ["c"]])
    assert [(pair["one"], pair["other"]) for pair in told["alike"]] == [("Bo", "Bob")]
    assert "Two people under one name?" in slceleb("corpus", "report", folder)[1]
    assert "One person under two names?" in (folder / "corpus_report.html").read_text()


def test_a_change_of_voice_within_a_segment_is_found_where_it_is_asked_for(out, judged):
    clip = out / "first/clips/Bo/first-0002.wav"
    write(clip, np.concatenate([sound(BO, 1, 1.5), sound(ADA, 2, 1.5)]))
    told = judged("--dry-run", "--set", "min_one_voice=-10", "--set", "min_voice=null")
    going = {row["id"]: row["gate"] for row in told["going"]}
    assert going["first-0002"] == "one_voice"
    assert not {"first-0001", "third-0001", WRONG} & set(going)


@pytest.mark.parametrize("kind", ["person", "video"])
def test_what_is_kept_of_a_voice_goes_with_whoever_is_taken_out(out, judged, slceleb, kind):
    judged()
    name = {"person": "Ada", "video": "third"}[kind]
    code, _, err = slceleb("corpus", "remove", out, f"--{kind}", name)
    assert code == 0, err
    kept = {path.parent.name for path in (out / ".voices").rglob("*.npz")}
    assert kept == ({"first", "second", "fourth"} if kind == "video" else set())
    assert not list((out / ASIDE).rglob("*.wav"))
    if kind == "person":
        assert "Ada" not in (out / "third/source.json").read_text()
        assert "voice" not in statement_of(out / "third")["report"]["statistics"]["rejected_seconds"]


def test_whoever_is_killed_loses_one_video_and_the_same_command_does_the_rest(out, judged, monkeypatch, counted):
    embed = FakeVoice.embed

    def failing(self, sounds):
        if len(counted) == 2:
            raise KeyboardInterrupt
        return embed(self, sounds)

    with monkeypatch.context() as patched:
        patched.setattr(FakeVoice, "embed", failing)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - as the command line ends: whatever it is
            judged()
    assert len(list((out / ".voices").rglob("*.npz"))) == 2
    counted.clear()
    assert [row["id"] for row in judged()["going"]] == [WRONG]
    assert len(counted) == 2


@pytest.mark.parametrize("limit", ["-1", "-20"])
def test_whoever_is_killed_at_any_moment_runs_it_again(out, judged, limit):
    if limit == "-20":
        judged()
    command = ("corpus", "voices", "{out}", "--voice", "fake", "--set", f"min_voice={limit}")
    program = [sys.executable, Path(__file__).with_name("killing_voices.py"), out, "3", *command]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    assert int(done.stdout.split()[-1]) > 10
    judged("--set", f"min_voice={limit}")
    for number in range(3):
        folder = out.with_name(f"{out.name}-{number}")
        judged("--set", f"min_voice={limit}", folder=folder)
        names = {path.relative_to(out) for path in out.rglob("*")}
        assert {path.relative_to(folder) for path in folder.rglob("*")} == names
        for name in ("third/source.json", "third/result.json", "third/rejected.csv"):
            assert (folder / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize("step", ["record_verdicts", "make_room", "take_out", "bring_back"])
def test_whoever_is_stopped_between_two_steps_runs_it_again(out, judged, monkeypatch, step):
    from slceleb_core.corpus import voice_removal

    options = ("--set", "min_voice=-20") if step == "bring_back" else ()
    if options:
        judged()
    done = getattr(voice_removal, step)

    def stopped(*given, **named):
        done(*given, **named)
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(voice_removal, step, stopped)
        with pytest.raises(BaseException):  # noqa: B017, PT011
            judged(*options)
    judged(*options)
    assert (WRONG in ids(out)) == bool(options)
    assert bool(list((out / ASIDE).rglob(f"{WRONG}.wav"))) != bool(options)
    assert len(list(out.rglob(f"{WRONG}*.wav"))) == 1


def test_what_is_kept_is_used_again_after_a_replay_and_not_for_another_file(out, judged, counted):
    judged()
    stated = json.loads((out / "first/source.json").read_text())
    del stated["report"]["segments"][0]["gates"]
    (out / "first/source.json").write_text(json.dumps(stated))
    counted.clear()
    judged()
    assert counted == []
    (out / "first/source.json").write_text(json.dumps({**stated, "fingerprint": "sha256:other"}))
    judged()
    assert counted == [2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "neither the profile of this folder names a voice stage, nor has one been asked before"),
        (("--voice", "nobody"), "no voice named 'nobody' is installed"),
        (("--voice", "fake", "--voice-option", "pitches=1"), "voice.options.pitches"),
        (("--voice", "fake", "--set", "onset=1"), "--set onset: no limit of voices"),
        (("--voice", "fake", "--set", "min_voice"), "--set min_voice: expected name=value"),
        (("--voice", "fake", "--set", "min_voice=much"), "--set.min_voice"),
        (("--voice-option", "pitches=9"), "--voice-option is of no stage"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(out, slceleb, options, said):
    before = files(out)
    code, _, err = slceleb("corpus", "voices", out, *options)
    assert (code, "Traceback" in err) == (2, False)
    assert said in err
    assert files(out) == before


def test_a_folder_that_is_damaged_in_what_is_kept_is_listened_to_anew(out, judged, counted):
    judged()
    for path in (out / ".voices").rglob("*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    counted.clear()
    judged()
    assert len(counted) == 4

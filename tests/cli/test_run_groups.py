"""``slceleb run`` over groups of cameras: what it writes, what it says, and what it does when it is run again."""

import json
import os
import shutil
from pathlib import Path

import pytest

from slceleb_core.batch.checkpoint import CHECKPOINT
from slceleb_core.disk.fingerprint import fingerprint
from slceleb_core.disk.output import results_in
from slceleb_core.review.removing import remove_video
from slceleb_core.testing import BLUE, RED, Person, SyntheticTalker, write_video

TALKER = SyntheticTalker(seed=1, duration=3.0)
NEAR = (30.0, 15.0, 120.0, 105.0)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """Two cameras of one talker, of whom the right one is nearer; and two that hear nothing."""
    folder = tmp_path_factory.mktemp("filmed")
    write_video(folder / "left.mkv", [Person(RED, talker=TALKER)], audio=TALKER.audio(), duration=3.0)
    write_video(folder / "right.mkv", [Person(RED, NEAR, TALKER)], audio=TALKER.audio(), duration=3.0)
    write_video(folder / "mute.mkv", [Person(RED, NEAR, TALKER)], audio=None, duration=3.0)
    write_video(folder / "blue.mkv", [Person(BLUE, NEAR)], audio=None, duration=3.0)
    return folder


@pytest.fixture
def media(filmed, tmp_path):
    """The files, to be changed."""
    return shutil.copytree(filmed, tmp_path / "media")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(slceleb, fakes, out, photos, media, monkeypatch):
    """Return a function that runs videos with the fakes and photos, beside the videos."""
    monkeypatch.chdir(media)
    return lambda *arguments: slceleb(
        "run", "--profile", fakes, "--output-dir", out, "--poi-dir", photos, "--set", "gates.vad=none", *arguments
    )


GROUP = ("--group", "talk", "left.mkv", "right.mkv", "--offset", "left.mkv=0", "--offset", "right.mkv=0")


def made(out):
    return [folder.name for folder in results_in(out)] if out.is_dir() else []


def result(out, name="talk"):
    return json.loads((out / name / "result.json").read_text())


def test_a_group_is_one_result_of_its_name(run, out):
    said = run(*GROUP)
    assert said.code == 0, said.err
    assert "talk (2 files)" in said.out
    assert made(out) == ["talk"]
    found = result(out)
    assert {(one["person"], one["camera"]) for one in found["segments"]} == {("Red", "right")}
    assert [view["camera"] for view in found["segments"][0]["views"]] == ["left", "right"]
    assert found["group"]["name"] == "talk"


def test_the_same_command_again_touches_nothing_and_other_answers_are_asked_anew(run, out, media):
    run(*GROUP)
    before = {path: path.stat().st_mtime_ns for path in (out / "talk").rglob("*")}
    again = run(*GROUP)
    assert (again.code, {path: path.stat().st_mtime_ns for path in (out / "talk").rglob("*")}) == (0, before)

    dry = run(*GROUP[:-1], "right.mkv=0.04", "--dry-run")
    assert (dry.code, result(out)["group"]["cameras"][1]["offset"]) == (0, 0.0)
    assert run(*GROUP[:-1], "right.mkv=0.04").code == 0
    assert result(out)["group"]["cameras"][1]["offset"] == 0.04

    shutil.copyfile(media / "mute.mkv", media / "right.mkv")
    assert run(*GROUP[:-1], "right.mkv=0.04").code == 0
    files = {Path(path).name for path in result(out)["files"]}
    assert files == {"left.mkv", "right.mkv"}
    assert result(out)["group"]["cameras"][1]["fingerprint"] == fingerprint(media / "mute.mkv")


def test_what_is_redone_is_done_anew(run, out):
    run(*GROUP)
    before = (out / "talk" / "result.json").stat().st_ino
    assert run(*GROUP, "--redo").code == 0
    assert (out / "talk" / "result.json").stat().st_ino != before


def test_a_run_is_taken_up_again_from_its_journal(run, slceleb, out, media):
    """The group is in the journal with its cameras, and is done anew from there when one of them has changed."""
    run(*GROUP)
    assert (out / CHECKPOINT).is_file()
    shutil.copyfile(media / "mute.mkv", media / "right.mkv")
    nothing = slceleb("run", "--resume", "--output-dir", out, "--group", "talk")
    assert (nothing.code, "--group talk: a group takes two videos" in nothing.err) == (2, True)
    said = slceleb("run", "--resume", "--output-dir", out)
    assert said.code == 0, said.err
    assert made(out) == ["talk"]
    assert result(out)["group"]["microphone"] == "left"
    assert len({one["fingerprint"] for one in result(out)["group"]["cameras"]}) == 2


def test_a_list_of_groups_and_single_videos_goes_on_past_a_group_that_fails(run, out, media):
    (media / "videos.csv").write_text(
        "video,group,camera,offset\n"
        "left.mkv,talk,near,0\nright.mkv,talk,far,0\n"
        "left.mkv,broken,,0\ngone.mkv,broken,,0\n"
        "left.mkv,,,\n"
    )
    said = run("--video-list", "videos.csv")
    assert said.code == 1
    assert made(out) == ["left", "talk"]
    assert {one["camera"] for one in result(out)["segments"]} == {"far"}
    errors = [line for line in said.err.splitlines() if "gone.mkv" in line]
    assert len(errors) == 1
    assert "no such file" in errors[0]
    assert "Traceback" not in said.err


def test_a_dry_run_says_which_file_is_missing_and_writes_nothing(run, out):
    said = run("--group", "talk", "left.mkv", "gone.mkv", "--dry-run")
    assert "missing" in said.out
    assert made(out) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--group", "talk", "left.mkv"), "--group talk: a group takes two videos at least"),
        (("--group", "talk"), "--group talk: a group takes two videos at least"),
        (("--group", "talk", "left.mkv", "./left.mkv"), "--group talk: a group takes two videos at least"),
        (("left.mkv", "right.mkv", "--offset", "left.mkv=0"), "--offset and --microphone say something of a group"),
        (("left.mkv", "--views", "all"), "--views all: says something of groups, and there are none"),
        (("--group", "", "left.mkv", "right.mkv"), "--group: the name is empty"),
        (("--group", "talk", "--video-dir", "."), "--group talk: a group is of videos that are named here"),
        ((*GROUP, "--offset", "other.mkv=3"), "--offset other.mkv: is none of the files"),
        ((*GROUP[:4], "--offset", "left.mkv"), "--offset left.mkv: is not of the form"),
        ((*GROUP, "--microphone", "table.wav"), "--microphone table.wav: is none of the files"),
    ],
)
def test_what_cannot_work_is_one_line_with_a_hint_and_leaves_nothing(run, out, arguments, message):
    said = run(*arguments)
    assert said.code == 2
    assert message in said.err
    assert len([line for line in said.err.splitlines() if line.strip()]) <= 2
    assert made(out) == []


def test_a_group_without_photos_is_refused_and_the_others_go_on(slceleb, fakes, out, media, monkeypatch):
    monkeypatch.chdir(media)
    said = slceleb("run", "--profile", fakes, "--output-dir", out, *GROUP)
    assert said.code != 0
    assert "the group talk cannot be put together without photos" in said.err
    assert made(out) == []


def test_a_group_that_hears_nothing_is_one_line(run, out):
    said = run("--group", "talk", "mute.mkv", "blue.mkv")
    assert said.code == 1
    assert "the files of the group talk do not belong together" in said.err
    assert "Traceback" not in said.err
    assert made(out) == []


def test_a_camera_whose_name_is_not_utf_8_crashes_nothing(run, out, media):
    odd = os.fsdecode(b"caf\xe9.mkv")
    (media / "right.mkv").rename(media / odd)
    said = run("--group", "talk", "left.mkv", odd, "--offset", "left.mkv=0", "--offset", f"{odd}=0")
    assert said.code == 0, said.err
    assert {one["camera"] for one in result(out)["segments"]} == {"caf\\xe9"}


def test_a_group_of_which_a_file_was_removed_is_left_out_and_said(run, out):
    assert run("right.mkv").code == 0
    remove_video(out, "right")
    said = run(*GROUP)
    assert "removed from this corpus" in said.out + said.err
    assert made(out) == []
    assert run("left.mkv").code == 0
    assert made(out) == ["left"]


def test_other_views_are_cut_where_that_is_asked_for(run, out):
    assert run(*GROUP, "--views", "all", "--set", "sinks=[{use: json}, {use: clips}]").code == 0
    clips = sorted(path.name for path in (out / "talk" / "clips" / "Red").glob("*.mp4"))
    segments = [segment["id"] for segment in result(out)["segments"]]
    assert clips == sorted(f"{name}{end}" for name in segments for end in (".mp4", ".left.mp4"))


def test_other_views_are_cut_of_the_groups_of_a_list(run, out, media):
    (media / "videos.csv").write_text("video,group,offset\nleft.mkv,talk,0\nright.mkv,talk,0\nleft.mkv,,\n")
    sinks = ("--set", "sinks=[{use: json}, {use: clips}]")
    assert run("--video-list", "videos.csv", "--views", "all", *sinks).code == 0
    assert list((out / "talk" / "clips" / "Red").glob("*.left.mp4"))


def test_a_video_that_a_group_is_named_after_stands_beside_it(run, out):
    assert run("--group", "left", *GROUP[2:]).code == 0
    assert run("left.mkv").code == 0
    first, second = made(out)
    assert (first, second[:5]) == ("left", "left-")
    assert "group" in result(out, "left")
    assert "group" not in result(out, second)

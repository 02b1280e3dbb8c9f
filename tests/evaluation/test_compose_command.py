"""`slceleb eval compose` on the command line."""

import json

import pytest
from typer.testing import CliRunner

from slceleb_core.cli.app import app
from slceleb_core.testing import GREEN, RED, Person, SyntheticTalker, write_video


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for seed, (name, colour) in enumerate({"anna": RED, "bert": GREEN}.items()):
        talker = SyntheticTalker(seed=seed, duration=2.0)
        person = Person(colour=colour, box=(20, 10, 60, 50), talker=talker)
        write_video(folder / f"{name}.mkv", [person], audio=talker.audio(), duration=2.0, size=(80, 60))
    return folder


def run(*arguments):
    return CliRunner().invoke(app, ["eval", "compose", *map(str, arguments)])


def test_it_composes_and_counts(clips, tmp_path):
    said = run(clips, tmp_path / "out", "--cases", "natural,dub", "--variants", "none", "--height", "64", "--json")
    assert said.exit_code == 0, said.output
    report = json.loads(said.stdout)
    assert report["talkers"] == ["anna", "bert"]
    assert report["clips"]["single/clean"] == report["clips"]["dub/clean"] == 2
    assert {path.name for path in (tmp_path / "out").glob("*.csv")} == {
        "manifest.csv",
        "reference.csv",
        "regions.csv",
        "faces.csv",
    }


def test_without_json_it_shows_a_table(clips, tmp_path):
    said = run(clips, tmp_path / "out", "--cases", "muted", "--limit", "1", "--height", "64", "--talker", "*n*")
    assert said.exit_code == 2
    assert "1 talker with a usable clip" in said.output
    said = run(clips, tmp_path / "out", "--cases", "muted", "--limit", "1", "--height", "64")
    assert said.exit_code == 0, said.output
    assert "muted" in said.stdout
    assert "1 clips of 2 talkers" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--cases", "sinlge"), "did you mean single?"),
        (("--variants", "noise5"), "no variant is called"),
        (("--height", "63"), "--height"),
        (("--seconds", "0.1"), "--seconds"),
        (("--long", "3"), "--long"),
        (("--labels", "nowhere.csv"), "nowhere.csv: cannot be read"),
    ],
)
def test_what_cannot_work_is_said_in_a_line(clips, tmp_path, arguments, text):
    said = run(clips, tmp_path / "out", *arguments)
    assert said.exit_code == 2
    assert text in said.output
    assert not (tmp_path / "out").exists()


def test_an_occupied_folder_is_refused_unless_forced(clips, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    only = ("--cases", "muted", "--limit", "1", "--height", "64")
    said = run(clips, tmp_path, *only)
    assert said.exit_code == 2
    assert "--force" in said.output
    assert run(clips, tmp_path, *only, "--force").exit_code == 0
    assert (tmp_path / "mine.txt").read_text() == "mine"

"""``slceleb poi calibrate``, what it writes, and who takes it; and what the check says of the point that would hold."""

import colorsys
import errno
import json

import pytest
import yaml

from slceleb_core.testing.fakes import FakeRecognizer


def hue(degrees):
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(degrees / 360 % 1, 0.9, 0.9))


@pytest.fixture
def people(photo, tmp_path):
    """Give a function that writes a folder of so many people with four photos each, whose hues differ a little."""

    def write(count, photos=4, apart=50):
        for person in range(count):
            for number in range(photos):
                degrees = apart * person + 12 * number
                photo(tmp_path / "people" / f"p{person}" / f"{number}.png", hue(degrees))
        return tmp_path / "people"

    return write


@pytest.fixture
def calibrate(slceleb, fakes):
    """Give a function that runs the command."""
    return lambda folder, *options: slceleb("poi", "calibrate", folder, "--profile", fakes, *options)


def test_photos_of_people_are_measured_and_everybody_is_once_a_stranger(calibrate, people):
    said = calibrate(people(4))
    assert said.code == 0
    assert "persons: 4, photos: 16, pairs of people: 6" in said.out
    assert "What a track of one look must reach" in said.out
    assert "Everybody once as a stranger" in said.out
    assert "warning: 4 people say little of others" in said.err
    assert "hint: measure ten or more" in said.err


def test_the_measurement_speaks_json(calibrate, people):
    found = json.loads(calibrate(people(4), "--json").out)
    assert found["calibration"]["pairs"] == 6
    assert found["calibration"]["strangers"] < found["calibration"]["genuine"]
    assert {(point["fpir"], point["gallery"], point["cost"]["photos"]) for point in found["points"]} >= {
        (0.01, 5, 1),
        (0.001, 50, 3),
        (0.0001, 500, 5),
    }
    low, high = found["intervals"]["strangers"]
    assert low <= found["calibration"]["strangers"] <= high
    (published, *_) = found["promises"]
    assert (published["point"], published["value"], published["named"]["pictures"]) == ("threshold", 0.5, 16)


def test_two_people_are_enough_to_begin_with(calibrate, people):
    said = calibrate(people(2))
    assert said.code == 0
    assert "note: nobody could be tried as a stranger" in said.err


@pytest.mark.parametrize(("count", "photos"), [(1, 4), (3, 1)])
def test_too_few_people_are_refused_in_one_line(calibrate, people, count, photos):
    said = calibrate(people(count, photos))
    assert said.code == 2
    assert "error: too few people to measure on" in said.err
    assert "Traceback" not in said.err


def test_copies_count_once(calibrate, people):
    folder = people(3)
    for number in range(4):
        (folder / "p0" / f"copy{number}.png").write_bytes((folder / "p0" / f"{number}.png").read_bytes())
    assert "photos: 12," in calibrate(folder).out


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("people", "it is a folder"),
        ("no/such/mine.yaml", "there is no folder"),
        ("file/mine.yaml", "there is no folder"),
    ],
)
def test_a_place_where_nothing_can_be_saved_is_refused_before_anything_is_measured(
    calibrate, people, tmp_path, place, problem
):
    (tmp_path / "file").touch()
    said = calibrate(people(2), "--save", tmp_path / place)
    assert (said.code, said.out) == (2, "")
    assert f"error: cannot write {tmp_path / place}: {problem}" in said.err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_what_was_measured_is_shown_even_where_it_cannot_be_saved(calibrate, people, tmp_path, monkeypatch, options):
    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    folder = people(2)
    monkeypatch.setattr("slceleb_core.disk.atomic.new_file", refused)
    said = calibrate(folder, "--save", tmp_path / "mine.yaml", *options)
    assert said.code == 2
    assert "strangers" in said.out if options else "pairs of people: 1" in said.out
    assert f"error: cannot write {tmp_path / 'mine.yaml'}: Permission denied" in said.err


def test_what_is_saved_decides_a_run_that_names_it(calibrate, slceleb, fakes, talking, photos, people, tmp_path):
    file = tmp_path / "measured.yaml"
    assert f"wrote {file}" in calibrate(people(4), "--save", file).out
    saved = yaml.safe_load(file.read_text())
    command = ("run", talking, "--poi-dir", photos, "--profile", fakes, "-o", tmp_path / "out")
    assert slceleb(*command, "--set", f"identity.calibration={file}").code == 0
    result = json.loads((tmp_path / "out" / "talking" / "result.json").read_text())
    assert result["profile"]["identity"]["calibration"] == saved
    assert "fpir 0.001, gallery of 2, 1 photo" in result["tracks"][0]["reason"]


def test_a_calibration_of_another_model_stops_a_run_before_it_begins(
    slceleb, calibrate, fakes, talking, photos, people, tmp_path
):
    file = tmp_path / "measured.yaml"
    calibrate(people(4), "--save", file)
    saved = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**saved, "model": "a" * 64}))
    command = ("run", talking, "--poi-dir", photos, "--profile", fakes, "-o", tmp_path / "out")
    said = slceleb(*command, "--set", f"identity.calibration={file}")
    assert said.code == 2
    assert "error: identity.calibration is for another model (sha256 aaaaaaaaaaaa) than embed uses" in said.err
    assert not (tmp_path / "out" / "talking").exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "identity.calibration: cannot read"),
        ("people: [", "line 1"),
        ("{people: 3, pairs: 3}", "identity.calibration.model: is missing"),
        ("- 1", "expected a mapping"),
    ],
)
def test_a_calibration_that_cannot_be_read_is_refused_with_its_name(
    slceleb, fakes, talking, photos, tmp_path, content, problem
):
    file = tmp_path / "measured.yaml"
    if content is not None:
        file.write_text(content)
    command = ("run", talking, "--poi-dir", photos, "--profile", fakes, "-o", tmp_path / "out")
    said = slceleb(*command, "--set", f"identity.calibration={file}")
    assert said.code == 2
    assert problem in said.err
    assert "Traceback" not in said.err


def test_a_recognizer_that_nobody_has_measured_is_said_once_with_what_to_do(
    slceleb, fakes, talking, photos, tmp_path, monkeypatch
):
    monkeypatch.setattr(FakeRecognizer, "calibration", None)
    said = slceleb("run", talking, "--poi-dir", photos, "--profile", fakes, "-o", tmp_path / "out")
    assert said.code == 0
    assert said.err.count("this recognizer's model has no calibration") == 1
    assert "slceleb poi calibrate DIR --save FILE" in said.err
    result = json.loads((tmp_path / "out" / "talking" / "result.json").read_text())
    assert "has no calibration" in result["gallery"]["warnings"][0]
    assert "(as the recognizer's authors publish it)" in result["tracks"][0]["reason"]


def test_a_threshold_of_the_profile_needs_no_calibration(slceleb, fakes, talking, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(FakeRecognizer, "calibration", None)
    command = ("run", talking, "--poi-dir", photos, "--profile", fakes, "-o", tmp_path / "out")
    assert "calibration" not in slceleb(*command, "--set", "identity.threshold=0.5").err


def test_the_check_says_whom_the_point_would_cost_and_who_comes_near(slceleb, fakes, photo, tmp_path):
    for name, degrees in (("Ada", (0, 8, 16, 70)), ("Bo", (180, 188)), ("Cy", (22,))):
        for number, each in enumerate(degrees):
            photo(tmp_path / "poi" / name / f"{number}.png", hue(each))
    found = json.loads(slceleb("poi", "check", tmp_path / "poi", "--profile", fakes, "--json").out)
    ada, bo, cy = found["persons"]
    assert [path.rpartition("/")[2] for path in ada["missed"]] == ["3.png"]
    assert (bo["missed"], bo["near"]) == ([], {})
    assert cy["missed"] is None
    assert cy["near"]["Ada"] >= 2
    said = slceleb("poi", "check", tmp_path / "poi", "--profile", fakes).out
    assert "1 of 4" in said
    assert "Ada (" in said


def test_a_video_s_strangers_are_kept_with_its_results(slceleb, fakes, talking, photo, tmp_path):
    photo(tmp_path / "poi" / "Other.png", hue(310))
    assert slceleb("run", talking, "--poi-dir", tmp_path / "poi", "--profile", fakes, "-o", tmp_path / "out").code == 0
    result = json.loads((tmp_path / "out" / "talking" / "result.json").read_text())
    strangers = result["statistics"]["strangers"]
    assert strangers["tracks"] == len(result["tracks"])
    assert strangers["raised"] == {"shift": 0.0, "widening": 1.0}
    said = slceleb("corpus", "report", tmp_path / "out")
    assert "Other" in said.out
    assert "in deviations of what the recognizer's calibration says" in said.out

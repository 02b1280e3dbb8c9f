"""``slceleb poi grow``: photos out of accepted segments, and what becomes of them when one is overruled or removed."""

import json

import cv2
import numpy as np
import pytest

from slceleb_core.testing import BLUE

OTHER_RED = (220, 90, 30)
"""Another picture of the red one: alike, and not the same."""


@pytest.fixture
def gallery(tmp_path, photo):
    """Return a folder with a photo each of two people."""
    photo(tmp_path / "own" / "Red.png", OTHER_RED)
    photo(tmp_path / "own" / "Blue" / "1.png", BLUE)
    return tmp_path / "own"


@pytest.fixture
def out(tmp_path, slceleb, fakes, talking, gallery):
    """Return the folder of a run in which the red one was found."""
    output = tmp_path / "out"
    done = slceleb("run", talking, "--poi-dir", gallery, "-o", output, "--profile", fakes)
    assert done.code == 0, done.err
    return output


def segments(out):
    return json.loads((out / "talking" / "source.json").read_text())["report"]["segments"]


def decide(slceleb, out, verdict):
    made = {segment["id"]: {"decision": verdict, "when": "2026-01-02T03:04:05Z"} for segment in segments(out)}
    review = {"format": 1, "corpus": "", "reviewer": "Zoë", "decisions": made}
    file = out.parent / f"{verdict}.json"
    file.write_text(json.dumps(review))
    assert slceleb("review", "apply", file, out).code == 0


def grow(slceleb, out, gallery, fakes, *more):
    done = slceleb("poi", "grow", out, gallery, "--profile", fakes, "--json", *more)
    assert done.code == 0, done.err
    return json.loads(done.out)


def grown(gallery):
    return sorted(path.relative_to(gallery).as_posix() for path in gallery.glob("*/grown/*.png"))


def test_a_face_of_an_accepted_segment_is_taken_with_where_it_comes_from(slceleb, out, gallery, fakes):
    decide(slceleb, out, "accept")
    said = grow(slceleb, out, gallery, fakes)
    (added,) = said["added"]
    assert (added["person"], added["accepted_by"]) == ("Red", "Zoë")
    assert added["similarity"] >= added["limit"]
    assert grown(gallery) == ["Red/grown/talking-0001.png"]
    stated = json.loads((gallery / "Red" / "grown" / "grown.json").read_text())["photos"]["talking-0001.png"]
    assert stated["accepted"] == "2026-01-02T03:04:05Z"
    assert stated["model"] == "fake"
    again = grow(slceleb, out, gallery, fakes)
    assert (again["added"], len(again["kept"]), again["gone"]) == ([], 1, [])
    told = slceleb("poi", "grow", out, gallery, "--profile", fakes)
    assert "0 photos added, 1 kept, 0 taken out" in told.out
    assert "talking-0001" in told.out


def test_of_what_nobody_has_accepted_nothing_is_taken(slceleb, out, gallery, fakes):
    assert grow(slceleb, out, gallery, fakes)["added"] == []
    assert grown(gallery) == []


def test_a_run_says_which_photos_were_grown_and_poi_check_too(slceleb, out, gallery, fakes, talking, tmp_path):
    decide(slceleb, out, "accept")
    grow(slceleb, out, gallery, fakes)
    again = slceleb("run", talking, "--poi-dir", gallery, "-o", tmp_path / "again", "--profile", fakes)
    assert "1 photo of this gallery grown from accepted segments (`slceleb poi grow`): Red 1" in again.err
    kept = json.loads((tmp_path / "again" / "talking" / "result.json").read_text())["warnings"]
    assert any("grown from accepted segments" in line for line in kept)
    checked = json.loads(slceleb("poi", "check", gallery, "--profile", fakes, "--json").out)
    assert sorted(photo["grown"] for photo in checked["photos"] if photo["person"] == "Red") == [False, True]


def test_an_overruled_segment_takes_its_photo_with_it(slceleb, out, gallery, fakes):
    decide(slceleb, out, "accept")
    grow(slceleb, out, gallery, fakes)
    decide(slceleb, out, "reject")
    assert grown(gallery) == []
    assert not (gallery / "Red" / "grown").exists()


@pytest.mark.parametrize("what", [("--person", "Red"), ("--video", "talking")])
def test_what_is_removed_from_the_corpus_goes_out_of_the_gallery(slceleb, out, gallery, fakes, what):
    decide(slceleb, out, "accept")
    grow(slceleb, out, gallery, fakes)
    assert slceleb("corpus", "remove", out, *what, "--reason", "asked").code == 0
    assert grown(gallery) == []


def test_a_limit_of_none_takes_them_out_again(slceleb, out, gallery, fakes):
    decide(slceleb, out, "accept")
    grow(slceleb, out, gallery, fakes)
    assert len(grow(slceleb, out, gallery, fakes, "--limit", "0")["gone"]) == 1
    assert grown(gallery) == []


def test_grown_photos_do_not_vouch_for_further_ones(slceleb, out, gallery, fakes):
    decide(slceleb, out, "accept")
    grow(slceleb, out, gallery, fakes)
    own = cv2.imread(str(gallery / "Red.png"))
    cv2.imwrite(str(gallery / "Red.png"), np.roll(own, 1, axis=2))  # now somebody of quite another colour
    (gallery / "Red" / "grown" / "talking-0001.png").rename(gallery / "Red" / "grown" / "talking-0009.png")
    sidecar = gallery / "Red" / "grown" / "grown.json"
    sidecar.write_text(sidecar.read_text().replace("talking-0001.png", "talking-0009.png").replace("-0001", "-0009"))
    said = grow(slceleb, out, gallery, fakes)
    assert said["added"] == []
    assert said["refused"]["Red"] > 0


def test_a_damaged_sidecar_is_said_in_one_line(slceleb, out, gallery, fakes):
    decide(slceleb, out, "accept")
    grow(slceleb, out, gallery, fakes)
    (gallery / "Red" / "grown" / "grown.json").write_text("{")
    done = slceleb("poi", "grow", out, gallery, "--profile", fakes)
    assert done.code == 2
    assert "grown.json does not say where grown photos come from" in done.err
    assert "Traceback" not in done.err

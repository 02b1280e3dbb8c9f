"""``slceleb timeline``: a picture of the results of one video."""

import json
import xml.etree.ElementTree as ET

import pytest

from slceleb_core.testing import RED, write_video

NAME = "Ada <& Co>"
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [text.text or "" for text in ET.parse(svg).iter(f"{SVG}text")]


@pytest.fixture
def results(slceleb, fakes, talking, photo, tmp_path):
    """Return the results of a video in which somebody talks whose name is no XML."""
    photo(tmp_path / "poi" / NAME / "1.png", RED)
    out = tmp_path / "out"
    assert slceleb("run", talking, "--poi-dir", tmp_path / "poi", "-o", out, "--profile", fakes).code == 0
    return out / "talking"


def test_it_shows_tracks_and_segments(slceleb, results, tmp_path):
    target = tmp_path / "drawn.svg"
    assert slceleb("timeline", results, target).code == 0
    (segment,) = json.loads((results / "result.json").read_text(encoding="utf-8"))["segments"]
    drawn = texts(target)
    assert "talking.mkv" in drawn
    assert "track 0" in drawn
    assert f"{NAME}  {segment['duration']:.1f} s" in drawn


def test_a_part_of_the_time_can_be_drawn(slceleb, results, tmp_path):
    target = tmp_path / "part.svg"
    assert slceleb("timeline", results, target, "--start", 1, "--end", 2).code == 0
    assert "2.5" not in texts(target)
    said = slceleb("timeline", results, target, "--start", 2, "--end", 1)
    assert (said.code, "nothing to draw between 2 and 1 s" in said.err) == (2, True)


def test_a_video_without_faces_or_sound_has_an_empty_one(slceleb, fakes, tmp_path):
    video = write_video(tmp_path / "empty.mp4", [], audio=None, duration=1.0)
    assert slceleb("run", video, "-o", tmp_path / "out", "--profile", fakes).code == 0
    assert slceleb("timeline", tmp_path / "out" / "empty", tmp_path / "drawn.svg").code == 0
    assert "segments: 0  ·  faces followed: 0  ·  frames: 25" in texts(tmp_path / "drawn.svg")


def test_what_cannot_be_read_or_written_is_one_line(slceleb, results, tmp_path):
    said = slceleb("timeline", tmp_path, tmp_path / "drawn.svg")
    assert (said.code, said.err.count("error:"), "result.json" in said.err) == (2, 1, True)
    said = slceleb("timeline", results, tmp_path / "nowhere" / "drawn.svg")
    assert (said.code, "cannot write" in said.err) == (2, True)
    frames = results / "frames.jsonl.gz"
    frames.write_bytes(frames.read_bytes()[:-9])
    said = slceleb("timeline", results, tmp_path / "drawn.svg")
    assert (said.code, "frames.jsonl.gz is damaged" in said.err, "Traceback" in said.err) == (2, True, False)

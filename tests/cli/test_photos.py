"""What ``run`` and ``poi check`` say of a folder of photos, before the work and in the results."""

import json
import shutil

import pytest

from slceleb_core.perception.photos import listing, reading
from slceleb_core.testing import BLUE, GREEN

ONE_FACE = "one face under two names: Red and Scarlet cannot be told apart, so neither is found"


@pytest.fixture
def run(slceleb, fakes, talking, photos, tmp_path):
    """Give a function that runs the video with the photos."""

    def go(*options, videos=(talking,)):
        return slceleb("run", *videos, "--poi-dir", photos, "-o", tmp_path / "out", "--profile", fakes, *options)

    return go


def test_a_run_says_what_the_check_says(slceleb, run, fakes, photos, photo, tmp_path, talking):
    shutil.copy(photos / "Red.png", photos / "Scarlet.png")
    photo(photos / "Blue" / "other.png", GREEN)
    (photos / "Blue" / "broken.jpg").write_text("no picture")
    check = json.loads(slceleb("poi", "check", photos, "--profile", fakes, "--json").out)
    found = [finding["message"] for finding in check["findings"]]
    assert ONE_FACE in found
    second = shutil.copy(talking, tmp_path / "second.mkv")
    said = run(videos=(talking, second))
    assert said.code == 0
    before = said.err.partition("1 of 2")[0]
    assert all(before.count(message) == found.count(message) for message in found)
    assert f"warning: 2 videos (talking.mkv, second.mkv): {ONE_FACE}" in said.err
    result = json.loads((tmp_path / "out" / "talking" / "result.json").read_text())
    assert ONE_FACE in result["warnings"]
    assert all(any(message in warning for warning in result["gallery"]["warnings"]) for message in found)
    assert (tmp_path / "out" / "slceleb.log").read_text().count(ONE_FACE) == 1


def test_a_run_that_could_find_nobody_is_refused(run, photos):
    shutil.copy(photos / "Red.png", photos / "Scarlet.png")
    said = run("--poi", "Red")
    assert said.code == 2
    assert "error: nobody who is looked for could be found: Red has the same face as Scarlet" in said.err


@pytest.mark.parametrize("option", ["--dry-run", "--no-artefacts"])
def test_what_is_not_read_is_said_once(run, photos, monkeypatch, option):
    for module in (listing, reading):
        monkeypatch.setattr(module, "installed", lambda: False)
    (photos / "Blue" / "IMG_2.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (photos / "Blue" / "blue.xyz").write_bytes(b"?")
    (photos / "@eaDir").mkdir()
    said = run(option)
    assert said.code == 0
    line = "2 files not read: IMG_2.HEIC (HEIC: pip install 'slceleb-core[heic]'), blue.xyz (not a picture)"
    assert said.err.count(f"warning: {line}") == 1
    assert said.err.count("note: left out of the photos: @eaDir") == 1


def test_a_person_without_a_photo_that_can_be_read_stops_a_run_before_it_begins(run, photos, tmp_path):
    (photos / "Nobody").mkdir()
    (photos / "Nobody" / "a.xyz").write_bytes(b"?")
    said = run("--dry-run")
    assert said.code == 2
    assert f"error: no photo of Nobody in {photos}: 1 file not read: a.xyz (not a picture)" in said.err
    assert run("--poi", "Red").code == 0


def test_nothing_of_the_photos_is_left_where_nothing_is_to_be_kept(run, tmp_path):
    assert run("--no-artefacts").code == 0
    assert not list((tmp_path / "out").rglob("*.zip"))
    assert not list((tmp_path / "out" / ".partial").iterdir())


def test_a_broken_photo_does_not_stop_a_run(run, photos, photo):
    photo(photos / "Red" / "1.png", BLUE)
    (photos / "Red" / "2.jpg").write_bytes(b"")
    said = run()
    assert said.code == 0
    assert f"warning: photo not used: {photos}/Red/2.jpg: cannot be read: an empty file" in said.err

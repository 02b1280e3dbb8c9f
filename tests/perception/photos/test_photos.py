import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from slceleb_core.errors import GalleryError
from slceleb_core.perception.photos import audit, enroll, examine, list_photos
from slceleb_core.testing import BLUE, GREEN, RED, FakeDetector, FakeRecognizer, builders, draw_person

FACE = (20.0, 20.0, 100.0, 100.0)


def photo(path, *colours, size=(160, 120), box=FACE):
    """Write a photo with one square face a colour, side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = builders.picture(size[0] * max(len(colours), 1), size[1])
    for n, colour in enumerate(colours):
        x0, y0, x1, y1 = box
        draw_person(image, (x0 + n * size[0], y0, x1 + n * size[0], y1), colour)
    cv2.imencode(".png", image[:, :, ::-1])[1].tofile(path)
    return path


def look(folder):
    context = builders.context(folder)
    with (
        FakeDetector(FakeDetector.Config(), context) as detector,
        FakeRecognizer(FakeRecognizer.Config(), context) as recognizer,
    ):
        return list(examine(list_photos(folder), detector, recognizer))


def problems(folder):
    return {photo.path.name: photo.problem for photo in look(folder)}


def test_both_layouts_are_read_and_mixed(tmp_path):
    photo(tmp_path / "Ada" / "1.png", RED)
    photo(tmp_path / "Ada" / "2.PNG", RED)
    photo(tmp_path / "Bo Ek.png", BLUE)
    (tmp_path / "Ada" / "notes.txt").write_text("not a photo")
    (tmp_path / ".hidden").mkdir()
    assert {name: len(paths) for name, paths in list_photos(tmp_path).items()} == {"Ada": 2, "Bo Ek": 1}
    gallery = enroll(look(tmp_path))
    assert gallery.names == ("Ada", "Bo Ek")
    assert np.linalg.norm(gallery.templates, axis=1) == pytest.approx([1, 1])


def test_a_name_that_is_not_utf_8_can_be_written_anywhere(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/Jos\xe9"))
    try:
        photo(folder / "1.png", RED)
    except OSError:
        pytest.skip("the file system takes names in UTF-8 only")
    assert list(list_photos(tmp_path)) == ["Jos\\xe9"]
    assert enroll(look(tmp_path), ["Jos\\xe9"]).wanted == {"Jos\\xe9"}


@pytest.mark.parametrize("name", ["José Ñandú", "محمد", "周杰倫", "a..b", "😀"])
def test_names_of_any_script_are_kept(tmp_path, name):
    photo(tmp_path / name / "1.png", RED)
    assert enroll(look(tmp_path)).names == (name,)


def test_one_name_in_two_unicode_forms_is_one_person(tmp_path):
    photo(tmp_path / "Jose\u0301" / "1.png", RED)
    photo(tmp_path / "Jos\u00e9.png", RED)
    assert list(list_photos(tmp_path)) == ["Jos\u00e9"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "nowhere", "cannot read the photo folder"),
        (lambda folder: folder, "no photo in"),
        (lambda folder: (folder / "Ada").mkdir() or folder, "no photo in"),
    ],
)
def test_a_folder_without_photos_is_one_line(tmp_path, make, message):
    with pytest.raises(GalleryError, match=message):
        list_photos(make(tmp_path))


def test_what_cannot_be_used_says_why(tmp_path):
    photo(tmp_path / "Ada" / "fine.png", RED)
    photo(tmp_path / "Ada" / "nobody.png")
    photo(tmp_path / "Ada" / "two.png", RED, BLUE)
    photo(tmp_path / "Ada" / "small.png", RED, box=(20.0, 20.0, 50.0, 50.0))
    (tmp_path / "Ada" / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    (tmp_path / "Ada" / "empty.jpg").write_bytes(b"")
    assert problems(tmp_path) == {
        "fine.png": "",
        "nobody.png": "no face found",
        "two.png": "2 faces found; crop it to one",
        "small.png": "the face is too small: 30 pixels, at least 40 are needed",
        "broken.jpg": "cannot be read: not a picture",
        "empty.jpg": "cannot be read: an empty file",
    }
    assert enroll(look(tmp_path)).names == ("Ada",)


def test_a_bystander_far_behind_does_not_spoil_a_photo(tmp_path):
    image = builders.picture(320, 160)
    draw_person(image, (20.0, 20.0, 140.0, 140.0), RED)
    draw_person(image, (250.0, 40.0, 280.0, 70.0), BLUE)
    (tmp_path / "Ada").mkdir()
    cv2.imwrite(str(tmp_path / "Ada" / "1.png"), image[:, :, ::-1])
    assert problems(tmp_path) == {"1.png": ""}


def test_a_person_without_a_usable_photo_is_an_error_that_names_it(tmp_path):
    photo(tmp_path / "Ada" / "1.png", RED, BLUE)
    photo(tmp_path / "Bo" / "1.png", RED)
    with pytest.raises(GalleryError, match=r"no usable photo of Ada: .*1\.png: 2 faces found"):
        enroll(look(tmp_path))


def test_wanted_persons_must_be_in_the_gallery(tmp_path):
    photo(tmp_path / "Ada.png", RED)
    photo(tmp_path / "Bo.png", BLUE)
    assert enroll(look(tmp_path), ["Bo"]).wanted == {"Bo"}
    assert enroll(look(tmp_path)).wanted == {"Ada", "Bo"}
    with pytest.raises(GalleryError) as caught:
        enroll(look(tmp_path), ["Adda"])
    assert caught.value.hint == "did you mean Ada?"


def findings(folder):
    return {
        (finding.severity, finding.path.parent.name, finding.path.name, finding.message.split(" ")[0])
        for finding in audit(look(folder), 0.5)
    }


def test_the_audit_is_silent_where_all_is_well(tmp_path):
    photo(tmp_path / "Ada" / "1.png", RED)
    photo(tmp_path / "Bo" / "1.png", BLUE)
    assert audit(look(tmp_path), 0.5) == []


def test_the_audit_finds_copies_within_a_person_and_across_persons(tmp_path):
    photo(tmp_path / "Ada" / "1.png", RED)
    photo(tmp_path / "Ada" / "2.png", RED)
    photo(tmp_path / "Bo" / "1.png", BLUE)
    photo(tmp_path / "Cy" / "1.png", BLUE)
    assert findings(tmp_path) == {("warning", "Ada", "2.png", "is"), ("error", "Cy", "1.png", "is")}


def test_the_audit_finds_the_photo_that_shows_somebody_else(tmp_path):
    photo(tmp_path / "Ada" / "1.png", (220, 30, 30))
    photo(tmp_path / "Ada" / "2.png", (220, 60, 30))
    photo(tmp_path / "Ada" / "3.png", GREEN)
    found = audit(look(tmp_path), 0.5)
    strange = [finding for finding in found if "does not look like the other photos of Ada" in finding.message]
    assert [finding.path.name for finding in strange] == ["3.png"]

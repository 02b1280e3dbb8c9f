"""Which photos a folder holds, as people, phones, disks and NAS boxes leave it."""

import errno
import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from slceleb_core.artefacts.keys import LENGTH, gallery_key
from slceleb_core.errors import GalleryError
from slceleb_core.perception.photos import list_photos, listing, reading, survey
from slceleb_core.testing import BLUE, RED

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


@pytest.fixture
def without_heic(monkeypatch):
    for module in (listing, reading):
        monkeypatch.setattr(module, "installed", lambda: False)


@pytest.fixture
def closed(monkeypatch):
    """Give a function that returns a path that may not be opened, not even by root."""
    paths = set()
    scan, read = os.scandir, Path.open

    def refusing(opens):
        def opened(path, *args, **options):
            if Path(path) in paths:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return opens(path, *args, **options)

        return opened

    monkeypatch.setattr(os, "scandir", refusing(scan))
    monkeypatch.setattr(Path, "open", refusing(read))
    return lambda path: paths.add(path) or path


def names(folder):
    return {person: [path.name for path in paths] for person, paths in list_photos(folder).items()}


LEFT = ["@eaDir", "__MACOSX", "$RECYCLE.BIN", "#recycle", ".Trash-1000", "lost+found", "System Volume Information"]


@pytest.mark.parametrize("name", [*LEFT, ".thumbnails", ".stfolder", "@Recycle", "$Recycle.Bin", "FOUND.000"])
def test_what_systems_leave_is_left_out_with_a_note(tmp_path, photo, name):
    photo(tmp_path / "Ada" / "1.png", RED)
    photo(tmp_path / name / "Ada" / "2.png", BLUE)
    photo(tmp_path / "Ada" / name / "1.png" / "3.png", BLUE)
    (tmp_path / "Bo" / name).mkdir(parents=True)
    photo(tmp_path / "Bo" / "1.png", BLUE)
    assert names(tmp_path) == {"Ada": ["1.png"], "Bo": ["1.png"]}
    assert survey(tmp_path).notes() == [f"left out of the photos: {name} (3 times)"]
    assert survey(tmp_path).warnings() == []


@pytest.mark.parametrize("name", [".DS_Store", "._1.png", "Thumbs.db", "desktop.ini"])
def test_files_of_systems_are_left_out_in_the_same_note(tmp_path, photo, name):
    photo(tmp_path / "Ada" / "1.png", RED)
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "Ada" / name).write_bytes(b"x")
    assert survey(tmp_path).notes() == [f"left out of the photos: {name} (2 times)"]


@pytest.mark.parametrize("name", ["lost", "Found", "eaDir", "Recycle", "Lost Found", "MACOSX", "Trash", "found.it"])
def test_people_whose_names_are_like_those_are_kept(tmp_path, photo, name):
    photo(tmp_path / name / "1.png", RED)
    assert names(tmp_path) == {name: ["1.png"]}
    assert survey(tmp_path).notes() == []


def test_subfolders_of_a_person_are_read_in_a_stable_order(tmp_path, photo):
    for name in ("b/2.png", "a/c/3.png", "1.png", "a/0.png"):
        photo(tmp_path / "Ada" / name, RED)
    found = [path.relative_to(tmp_path / "Ada").as_posix() for path in list_photos(tmp_path)["Ada"]]
    assert found == ["1.png", "a/0.png", "a/c/3.png", "b/2.png"]


def test_links_that_lead_round_in_a_circle_end(tmp_path, photo):
    photo(tmp_path / "real" / "1.png", RED)
    (tmp_path / "poi").mkdir()
    (tmp_path / "poi" / "Ada").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "round").symlink_to(tmp_path / "poi")
    (tmp_path / "real" / "2.png").symlink_to(tmp_path / "real" / "1.png")
    (tmp_path / "real" / "self").symlink_to("self")
    assert names(tmp_path / "poi") == {"Ada": ["1.png", "2.png"]}
    assert survey(tmp_path / "poi").notes() == ["left out of the photos: round (a link to a folder)"]


def test_folders_without_an_end_are_left(tmp_path, photo):
    deep = Path(*["in"] * (listing.DEEPEST + 1))
    photo(tmp_path / "Ada" / deep / "2.png", RED)
    photo(tmp_path / "Ada" / "1.png", RED)
    assert names(tmp_path) == {"Ada": ["1.png"]}
    assert survey(tmp_path).notes() == ["left out of the photos: in (more than 10 folders deep)"]


def test_what_is_not_read_is_counted_and_named_in_one_line(tmp_path, photo, without_heic):
    photo(tmp_path / "Ada" / "1.png", RED)
    photo(tmp_path / "Ada" / "2.jfif", RED, ".jpg")
    photo(tmp_path / "Ada" / "3.jpg_large", RED, ".jpg")
    (tmp_path / "Ada" / "IMG_2.HEIC").write_bytes(HEIC)
    (tmp_path / "Ada" / "ada.xyz").write_bytes(b"who knows")
    (tmp_path / "Ada" / "RAW_1.NEF").write_bytes(b"II*\0\x08\0\0\0")
    (tmp_path / "Ada" / "notes.txt").write_text("not meant as a photo")
    (tmp_path / "IMG_2.json").write_text("{}")
    assert names(tmp_path) == {"Ada": ["1.png", "2.jfif", "3.jpg_large"]}
    assert survey(tmp_path).warnings() == [
        "3 files not read: "
        "IMG_2.HEIC (HEIC: pip install 'slceleb-core[heic]'), RAW_1.NEF (RAW), ada.xyz (not a picture)"
    ]


def test_many_files_that_are_not_read_are_one_line_still(tmp_path, photo, without_heic):
    photo(tmp_path / "Ada" / "1.png", RED)
    for place in range(50):
        (tmp_path / "Ada" / f"{place:02}.heic").write_bytes(HEIC)
    (line,) = survey(tmp_path).warnings()
    assert line.startswith("50 files not read: 00.heic, 01.heic, 02.heic, 47 more (HEIC: ")


def test_a_jpeg_that_is_called_heic_needs_no_library(tmp_path, photo, without_heic):
    photo(tmp_path / "Ada" / "IMG_1.HEIC", RED, ".jpg")
    assert names(tmp_path) == {"Ada": ["IMG_1.HEIC"]}


def test_a_person_with_unread_files_only_is_an_error_that_names_them(tmp_path, photo, without_heic):
    photo(tmp_path / "Ada" / "1.png", RED)
    (tmp_path / "Bo").mkdir()
    (tmp_path / "Bo" / "IMG_2.HEIC").write_bytes(HEIC)
    found = survey(tmp_path)
    with pytest.raises(GalleryError, match=r"no photo of Bo in .*: 1 file not read: IMG_2\.HEIC \(HEIC: pip install"):
        found.demand([])
    found.demand(["Ada"])  # Bo is not looked for
    with pytest.raises(GalleryError, match="no photo of Bo"):
        found.demand(["Bo"])


def test_a_folder_of_unread_files_only_says_so(tmp_path, without_heic):
    (tmp_path / "Bo").mkdir()
    (tmp_path / "Bo" / "IMG_2.HEIC").write_bytes(HEIC)
    with pytest.raises(GalleryError, match=r"no photo in .*: 1 file not read: IMG_2\.HEIC"):
        survey(tmp_path)


def test_an_empty_folder_is_a_note_unless_somebody_asks_for_the_person(tmp_path, photo):
    photo(tmp_path / "Ada" / "1.png", RED)
    (tmp_path / "Jose\u0301").mkdir()
    found = survey(tmp_path)
    assert found.notes() == [f"no photo of Jos\u00e9 in {tmp_path}: the folder is empty"]
    found.demand([])
    with pytest.raises(GalleryError, match="no photo of Jos\u00e9 in "):
        found.demand(["Jos\u00e9"])


def test_what_may_not_be_opened_is_left_out_with_a_note(tmp_path, photo, closed):
    photo(tmp_path / "Ada" / "1.png", RED)
    closed(tmp_path / "Ada" / "private").mkdir()
    closed(tmp_path / "Bo").mkdir()
    found = survey(tmp_path)
    assert found.people == {"Ada": [tmp_path / "Ada" / "1.png"]}
    assert found.notes() == ["left out of the photos: private (Permission denied), Bo (Permission denied)"]
    found.demand([])
    with pytest.raises(GalleryError, match=r"no photo of Bo in .*: Permission denied"):
        found.demand(["Bo"])


def test_a_photo_that_may_not_be_read_is_one_line(tmp_path, photo, look, closed):
    photo(tmp_path / "Ada" / "1.png", RED)
    closed(photo(tmp_path / "Ada" / "2.png", RED))
    assert [photo.problem for photo in look(tmp_path)] == ["", "cannot be read: Permission denied"]
    assert len(gallery_key(tmp_path)) == LENGTH


class Unlinked:
    """An entry of a folder on a disk that breaks when it is asked whether it is a link."""

    def __init__(self, entry):
        self.name, self.path, self.is_dir = entry.name, entry.path, entry.is_dir

    def __fspath__(self):
        return self.path

    def is_symlink(self):
        raise OSError(errno.EIO, os.strerror(errno.EIO), self.path)


def test_a_folder_that_fails_when_it_is_looked_at_is_left_out_with_a_note(tmp_path, photo, monkeypatch):
    photo(tmp_path / "Ada" / "1.png", RED)
    photo(tmp_path / "Ada" / "more" / "2.png", RED)
    scan = os.scandir

    def scanned(folder):
        with scan(folder) as entries:
            return nullcontext([Unlinked(entry) for entry in entries])

    monkeypatch.setattr(os, "scandir", scanned)
    found = survey(tmp_path)
    assert found.people == {"Ada": [tmp_path / "Ada" / "1.png"]}
    assert found.notes() == ["left out of the photos: more (Input/output error)"]

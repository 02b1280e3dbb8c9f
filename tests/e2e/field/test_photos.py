"""Folders of photos as people have them."""

import os
import shutil

import pytest

from slceleb_core.errors import GalleryError
from slceleb_core.perception.photos import heif, survey


def test_heic_and_jfif_are_read_or_named(case, pipeline):
    folder = case("22-heic-jfif-ignored") / "heicmix"
    names = {path.name for path in survey(folder).people["obama"]}
    if heif.installed():
        assert names == {"obama.jpg", "obama2.jfif", "IMG_2.HEIC"}
    else:
        assert names == {"obama.jpg", "obama2.jfif"}
        said = "1 file not read: IMG_2.HEIC (HEIC: pip install 'slceleb-core[heic]')"
        assert survey(folder).warnings() == [said]
    photos = pipeline.examine(folder)
    assert [photo.problem for photo in photos] == [""] * len(photos)
    assert pipeline.audit(photos) == []


@pytest.mark.parametrize("name", ["eadir", "macosx", "recycle"])
def test_folders_of_a_nas_are_left_out(case, name):
    folder = case("23-nas-folders") / name
    assert sorted(survey(folder).people) == ["biden", "obama"]
    assert [path.name for path in survey(folder).people["obama"]] == ["obama.jpg", "obama2.jpg", "obama3.jpg"]


def test_one_face_under_two_names_is_said_or_refused(case, pipeline):
    folder = case("26-one-face-two-names") / "samephoto"
    gallery = pipeline.enroll(folder)
    assert gallery.doubles == {"Barack Obama": "obama", "obama": "Barack Obama"}
    assert "Barack Obama and obama cannot be told apart" in gallery.warnings[0]
    with pytest.raises(GalleryError, match="nobody who is looked for could be found"):
        pipeline.enroll(folder, ["obama"])


def test_a_gigapixel_photo_is_one_line_and_the_others_are_used(case, pipeline, shared, tmp_path):
    folder = case("27-gigapixel-photo") / "giga"
    (photo,) = pipeline.examine(folder)
    assert photo.problem.startswith("cannot be read: too large: 34000 x 33000 pixels")
    with pytest.raises(GalleryError, match=r"no usable photo of obama: .*pano\.png: cannot be read: too large"):
        pipeline.enroll(folder)
    shutil.copytree(shared / "media" / "poi" / "obama", tmp_path / "obama", copy_function=os.symlink)
    (tmp_path / "obama" / "pano.png").symlink_to(folder / "obama" / "pano.png")
    assert pipeline.enroll(tmp_path).names == ("obama",)

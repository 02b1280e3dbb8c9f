"""Reading photos: upright, in their colours, within bounds, and one line for what is none."""

import io
import os
import socket
import struct
import sys
import threading
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest

from slceleb_core.errors import VideoError
from slceleb_core.perception.photos import audit, enroll, examine, heif, list_photos, reading
from slceleb_core.perception.photos.dimensions import dimensions
from slceleb_core.perception.photos.kinds import kind_of
from slceleb_core.perception.photos.reading import PictureError, read_picture
from slceleb_core.testing import BLUE, RED, FakeDetector, FakeRecognizer, builders

QUARTERS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (240, 240, 240))


@pytest.fixture
def quarters():
    """A picture, wider than high, whose quarters have four colours."""
    picture = np.zeros((120, 200, 3), np.uint8)
    for place, colour in enumerate(QUARTERS):
        top, left = 60 * (place // 2), 100 * (place % 2)
        picture[top : top + 60, left : left + 100] = colour
    return picture


def colours(pixels):
    """Return the colours in the middle of the quarters, row by row."""
    height, width = pixels.shape[:2]
    return [tuple(map(int, pixels[y, x])) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]


def like(found, expected, within):
    return all(
        abs(a - b) <= within
        for values, other in zip(found, expected, strict=True)
        for a, b in zip(values, other, strict=True)
    )


def encoded(picture, suffix, *options):
    return cv2.imencode(suffix, picture[:, :, ::-1], options)[1].tobytes()


def exif(orientation):
    """Return an EXIF block with one entry."""
    return b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHHI", 0x112, 3, 1, orientation, 0, 0)


def with_exif(jpeg, orientation):
    block = b"Exif\0\0" + exif(orientation)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width, height):
    """Return a PNG of one bit a pixel whose rows are black: small, however large."""
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + (width + 7) // 8)) for _ in range(height)) + rows.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".jp2"])
@pytest.mark.parametrize("name", ["photo.jpg", "photo.PNG", "photo.jfif"])
def test_what_a_file_is_its_content_says(tmp_path, quarters, suffix, name):
    path = tmp_path / name
    path.write_bytes(encoded(quarters, suffix))
    assert like(colours(read_picture(path).pixels), QUARTERS, 4)


def test_deep_grey_and_transparent_pictures_have_the_right_colours(tmp_path, quarters):
    path = tmp_path / "a.png"
    cv2.imencode(".png", quarters[:, :, ::-1].astype(np.uint16) * 257)[1].tofile(path)
    assert like(colours(read_picture(path).pixels), QUARTERS, 1)
    cv2.imencode(".png", np.dstack([quarters[:, :, ::-1], np.full((120, 200), 9, np.uint8)]))[1].tofile(path)
    assert like(colours(read_picture(path).pixels), QUARTERS, 1)
    cv2.imencode(".png", quarters[:, :, 0])[1].tofile(path)
    assert colours(read_picture(path).pixels) == [(220,) * 3, (30,) * 3, (30,) * 3, (240,) * 3]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_once_as_exif_says(tmp_path, quarters, orientation):
    path = tmp_path / "a.jpg"
    path.write_bytes(with_exif(encoded(quarters, ".jpg"), orientation))
    shapes = {1: (120, 200), 2: (120, 200), 3: (120, 200), 4: (120, 200)}
    first = {1: 0, 2: 1, 3: 3, 4: 2, 5: 0, 6: 2, 7: 3, 8: 1}[orientation]  # the quarter that comes to the upper left
    pixels = read_picture(path).pixels
    assert pixels.shape[:2] == shapes.get(orientation, (200, 120))
    assert like(colours(pixels)[:1], [QUARTERS[first]], 8)


def by_pillow(picture, kind, mode="RGB", **options):
    image = pytest.importorskip("PIL.Image")
    made = io.BytesIO()
    image.fromarray(picture).convert(mode).save(made, kind, **options)
    return made.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "CMYK", {"quality": 95}),
        ("GIF", "RGB", {}),
        ("AVIF", "RGB", {"quality": 95}),
        ("TIFF", "CMYK", {}),
        ("WEBP", "RGB", {"lossless": True, "save_all": True}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ],
)
def test_other_ways_to_store_a_picture(tmp_path, quarters, kind, mode, options):
    path = tmp_path / "a.jpg"
    path.write_bytes(by_pillow(quarters, kind, mode, **options))
    assert like(colours(read_picture(path).pixels), QUARTERS, 6)


def test_of_several_pictures_in_a_file_the_first_is_read(tmp_path, quarters):
    image = pytest.importorskip("PIL.Image")
    others = [image.fromarray(np.zeros_like(quarters))] * 2
    for kind, options in (("TIFF", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("PNG", {})):
        path = tmp_path / f"a.{kind.lower()}"
        path.write_bytes(by_pillow(quarters, kind, save_all=True, append_images=others, **options))
        assert like(colours(read_picture(path).pixels), QUARTERS, 6), kind


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_turned_as_its_properties_say(tmp_path, quarters, orientation):
    path = tmp_path / "a.avif"
    turned = b"Exif\0\0" + exif(orientation)
    path.write_bytes(by_pillow(quarters, "AVIF", exif=turned, quality=95))
    jpeg = tmp_path / "a.jpg"
    jpeg.write_bytes(with_exif(encoded(quarters, ".jpg"), orientation))
    pixels, expected = read_picture(path).pixels, read_picture(jpeg).pixels
    assert pixels.shape == expected.shape
    assert like(colours(pixels), colours(expected), 8)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_heic_is_read_and_turned_once(tmp_path, quarters, orientation, mode):
    pytest.importorskip("pillow_heif").register_heif_opener()
    path = tmp_path / "IMG_1.jpg"  # as chat programs and Windows call them
    path.write_bytes(by_pillow(quarters, "HEIF", mode, exif=b"Exif\0\0" + exif(orientation)))
    jpeg = tmp_path / "b.jpg"
    jpeg.write_bytes(with_exif(by_pillow(quarters, "JPEG", "L" if mode == "L" else "RGB", quality=95), orientation))
    pixels, expected = read_picture(path).pixels, read_picture(jpeg).pixels
    assert pixels.shape == expected.shape
    assert like(colours(pixels), colours(expected), 8)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_heic_that_was_cut_short_is_one_line(tmp_path, quarters, part):
    pytest.importorskip("pillow_heif").register_heif_opener()
    data = by_pillow(quarters, "HEIF")
    path = tmp_path / "a.heic"
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(PictureError, match="damaged, or a kind of HEIC"):
        read_picture(path)


def test_heic_that_is_too_large_is_not_decoded(tmp_path, quarters, monkeypatch):
    pytest.importorskip("pillow_heif").register_heif_opener()
    path = tmp_path / "a.heic"
    path.write_bytes(by_pillow(quarters, "HEIF"))
    monkeypatch.setattr(reading, "LARGEST", 10_000)
    with pytest.raises(PictureError, match="too large: 200 x 120 pixels"):
        read_picture(path)


def test_heic_without_the_library_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "installed", lambda: False)
    path = tmp_path / "IMG_1.jpg"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(PictureError, match=r"HEIC: pip install 'slceleb-core\[heic\]'"):
        read_picture(path)


def test_whether_the_library_is_there_is_asked_without_importing_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setattr(heif.importlib.util, "find_spec", lambda name: None)
    assert not heif.installed()


def test_a_gigapixel_picture_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "pano.png"
    path.write_bytes(png_header(34000, 33000))
    tracemalloc.start()
    with pytest.raises(PictureError, match="too large: 34000 x 33000 pixels"):
        read_picture(path)
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_a_file_of_gigabytes_is_not_read(tmp_path):
    path = tmp_path / "a.jpg"
    with path.open("wb") as stream:
        stream.write(b"\xff\xd8\xff\xe0")
        stream.truncate(2_000_000_000)  # sparse
    with pytest.raises(PictureError, match=r"too large: 2 GB"):
        read_picture(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_large_photo_is_looked_at_in_part(tmp_path, quarters, monkeypatch, suffix):
    monkeypatch.setattr(reading, "LOOKED_AT", 2000)
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(quarters, suffix))
    picture = read_picture(path)
    assert (picture.part, picture.pixels.shape) == (4, (30, 50, 3))
    assert like(colours(picture.pixels), QUARTERS, 6)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp", ".gif", ".jp2"])
@pytest.mark.parametrize("part", [0.3, 0.95])
def test_a_file_that_was_cut_short_is_not_used_and_nothing_else_is_printed(tmp_path, capfd, suffix, part):
    picture = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    data = encoded(picture, suffix)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(PictureError, match=r"cut short|damaged"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_a_png_with_a_wrong_check_sum_is_damaged(tmp_path, quarters, capfd):
    data = bytearray(encoded(quarters, ".png"))
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(PictureError, match="damaged: a check sum"):
        read_picture(tmp_path / "a.png")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"my holiday", "not a picture"),
        (b"<!DOCTYPE html><p>404", "its content is a web page"),
        (b"%PDF-1.7", "its content is PDF"),
        (b"8BPS\0\1", "its content is PSD"),
        (b"\0\0\0\x18ftypisom", "its content is a video"),
        (b"\xff\xd8\xff", "cut short"),
        (b"\x89PNG\r\n\x1a\n", "cut short"),
        (b"GIF89a", "damaged"),
        (b"BM\0\0\0\0\0\0\0\0", "damaged"),
        (b"II*\0\x08\0\0\0", "damaged"),
        (b"RIFF\0\0\0\0WEBPVP8X", "damaged"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "damaged"),
    ],
)
def test_what_is_no_picture_is_one_line(tmp_path, content, message):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(PictureError, match=message):
        read_picture(tmp_path / "a.jpg")


def test_what_is_no_file_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    short = os.path.relpath(tmp_path / "s.jpg")
    said = {}

    def read_all():
        for path in sorted(tmp_path.iterdir()):
            with pytest.raises(PictureError) as caught:
                read_picture(path)
            said[path.name] = str(caught.value)

    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(short if len(short) < 100 else str(tmp_path / "s.jpg"))
        reader = threading.Thread(target=read_all, daemon=True)
        reader.start()
        reader.join(10)
    assert not reader.is_alive()
    no_file = "no file, but a folder, pipe, socket or device"
    assert said == dict.fromkeys(["folder.jpg", "pipe.jpg", "s.jpg", "zero.jpg"], no_file) | {
        "gone.jpg": "No such file or directory"
    }


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif", ".jp2"])
@pytest.mark.parametrize("size", [(200, 120), (41, 301)])
def test_the_size_is_read_without_decoding(quarters, suffix, size):
    data = encoded(cv2.resize(quarters, size), suffix)
    assert dimensions(kind_of(data[:64]), data) == size


@pytest.mark.parametrize(("options", "kind"), [({"lossless": True}, "WEBP"), ({"exif": exif(1)}, "WEBP"), ({}, "AVIF")])
def test_the_size_of_other_forms_is_read_too(quarters, options, kind):
    data = by_pillow(quarters, kind, **options)
    assert dimensions(kind_of(data[:64]), data) == (200, 120)


def test_a_size_in_exif_is_not_believed(tmp_path, quarters):
    jpeg = encoded(quarters, ".jpg")
    lie = (
        b"II*\0\x08\0\0\0\x02\0" + struct.pack("<HHII", 0xA002, 4, 1, 90000) + struct.pack("<HHII", 0xA003, 4, 1, 90000)
    )
    block = b"Exif\0\0" + lie + bytes(4)
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:])
    assert read_picture(path).pixels.shape == (120, 200, 3)


def outcome(path):
    """Return why a file cannot be read, or what shape it has."""
    try:
        return "", read_picture(path).pixels.shape
    except PictureError as error:
        return str(error), ()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif", ".jp2"])
def test_damage_of_any_kind_is_read_or_one_line(tmp_path, quarters, monkeypatch, suffix):
    monkeypatch.setattr(reading, "LARGEST", 1_000_000)  # what the damage makes of the size need not be allocated
    whole = encoded(quarters, suffix)
    rng = np.random.default_rng(0)
    path = tmp_path / f"a{suffix}"
    for _ in range(60):
        data = np.frombuffer(whole, np.uint8).copy()
        places = rng.integers(0, min(len(data), rng.choice([64, len(data)])), rng.integers(1, 5))
        data[places] = rng.integers(0, 256, len(places))
        path.write_bytes(data.tobytes()[: rng.integers(1, len(data) + 1)] if rng.random() < 0.2 else data.tobytes())
        said, shape = outcome(path)
        assert "\n" not in said
        assert said or shape[2:] == (3,)


class Blank(FakeRecognizer):
    """Makes nothing of a red face."""

    def embed(self, crops):
        made = super().embed(crops)
        made[crops.images[:, 56, 56, 0] > crops.images[:, 56, 56, 2]] = np.nan
        return made


class Refusing(FakeDetector):
    """Cannot look at anything wide."""

    def detect(self, frames):
        if frames[0].image.shape[1] > 200:
            raise VideoError("too wide for this model")
        return super().detect(frames)


def test_a_photo_that_a_stage_cannot_take_is_not_used_and_the_others_are(tmp_path, photo, drawn):
    photo(tmp_path / "Ada" / "1.png", RED)
    photo(tmp_path / "Bo" / "1.png", BLUE)
    cv2.imwrite(str(tmp_path / "Bo" / "2.png"), drawn(BLUE, width=300))
    context = builders.context(tmp_path)
    detector, recognizer = (stage(stage.Config(), context) for stage in (Refusing, Blank))
    with detector, recognizer:
        found = list(examine(list_photos(tmp_path), detector, recognizer))
    told = ["the recognizer can tell nothing of the face", "", "too wide for this model"]
    assert [looked_at.problem for looked_at in found] == told
    assert enroll(found, ["Bo"]).names == ("Bo",)
    assert [str(finding) for finding in audit(found, 0.5)] == [
        f"photo not used: {tmp_path}/Ada/1.png: {told[0]}",
        f"photo not used: {tmp_path}/Bo/2.png: {told[2]}",
    ]

"""Faces cut out of clips and videos."""

import base64
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from slceleb_core.review import writing
from slceleb_core.review.lanes import GLANCE, Lanes, TimedFace
from slceleb_core.review.page import data_of
from slceleb_core.review.thumbnails import SIDE, thumbnails
from slceleb_core.review.writing import write_report

FACE = (80.0, 60.0, 200.0, 220.0)


@pytest.fixture
def video(talks):
    return talks.parent / "videos" / "studio.mp4"


def pixels(uri):
    content = base64.b64decode(uri.partition(",")[2])
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def test_faces_in_any_order_give_what_each_gives_alone(video):
    faces = [TimedFace(time, FACE, 1.0) for time in (9.0, 1.0, 1.4, 0.0, 17.0, 1.4)]
    assert thumbnails(video, faces) == [thumbnails(video, [face])[0] for face in faces]
    assert len(set(thumbnails(video, faces))) > 2


@pytest.mark.parametrize("side", [1.0, 30.0, 58.95, 112.0, 117.9, 118.0, 300.0, 5000.0])
def test_a_face_of_any_size_fills_the_picture(video, side):
    [made] = thumbnails(video, [TimedFace(1.0, (10.0, 10.0, 10.0 + side, 10.0 + side), 1.0)])
    assert pixels(made).shape == (SIDE, SIDE, 3)


def test_what_cannot_be_read_has_no_picture(video, tmp_path):
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(video.read_bytes()[:2000])
    for path in (torn, tmp_path / "none.mp4"):
        assert thumbnails(path, [TimedFace(1.0, FACE, 1.0)] * 2) == [None, None]


def test_a_face_is_sought_at_the_beginning_of_its_track():
    lanes = Lanes.over(0.0, 60.0)
    for time, side in ((5.0, 20), (5.5, 40), (5.0 + GLANCE + 0.5, 90)):
        face = {"track": 0, "box": [0, 0, side, side], "similarity": 0.5, "speaking": 0.1}
        lanes.take({"time": time, "faces": [face]}, {})
    assert lanes.faces[0].time == 5.5


def test_a_track_with_a_segment_has_its_picture(talks):
    data = data_of(talks / "report.html")
    kinds = {}
    for candidate in data["candidates"]:
        kinds.setdefault((candidate["video"], candidate["track"], candidate["kind"]), set()).add(candidate["thumb"])
    pairs = [(kinds[key], kinds.get((*key[:2], "segment"))) for key in kinds if key[2] == "rejected"]
    assert any(of_track for _, of_track in pairs)
    assert all(left <= of_track for left, of_track in pairs if of_track)


@pytest.mark.parametrize("most", [writing.PAGE_VIDEOS, 1])
def test_the_page_is_the_same_whatever_the_number_of_threads(corpus, monkeypatch, most):
    monkeypatch.setattr(writing, "PAGE_VIDEOS", most)
    written = []
    for threads in (1, 4):
        monkeypatch.setattr(writing, "processors", lambda threads=threads: threads)
        for page in corpus.glob("report/*.html"):
            page.unlink()
        write_report(corpus)
        written.append({page: page.read_bytes() for page in [corpus / "report.html", *corpus.glob("report/*.html")]})
    assert written[0] == written[1]


def test_a_face_is_found_where_the_box_says_also_of_pixels_that_are_not_square(tmp_path):
    path = tmp_path / "narrow.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 240, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        image = np.full((240, 160, 3), 40, np.uint8)
        image[100:140, 120:140] = 220  # as shown: 240 to 280
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    [made] = thumbnails(path, [TimedFace(0.08, (240.0, 100.0, 280.0, 140.0), 1.0)])
    bright = pixels(made)[..., 0] > 130
    rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
    assert (rows.mean(), columns.mean()) == pytest.approx((SIDE / 2 - 0.5, SIDE / 2 - 0.5), abs=2)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=3)

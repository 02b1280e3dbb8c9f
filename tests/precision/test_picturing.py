"""Whose pictures stand beside a clip: the photos by which somebody was looked for, where they still are."""

import json

import cv2
import numpy as np
import pytest

from slceleb_core.corpus.reading import read_corpus
from slceleb_core.precision.auditing.picturing import PHOTOS, pictures_of_people


@pytest.fixture
def photographed(out, tmp_path):
    """Return a folder whose last run looked for Ada by five photos, one of which is damaged."""
    folder = tmp_path / "people" / "Ada Lovelace"
    folder.mkdir(parents=True)
    for number in range(5):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((400, 300, 3), 40 * number, np.uint8))
    (folder / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    stated = {
        "format": 1,
        "state": "finished",
        "started": "2026-01-01T00:00:00+00:00",
        "updated": "2026-01-01T00:00:00+00:00",
        "output_dir": str(out),
        "options": {"poi_dir": str(tmp_path / "people")},
        "completed_videos": [],
        "failed_videos": [],
        "skipped_videos": [],
        "pending_videos": [],
    }
    (out / "batch_checkpoint.json").write_text(json.dumps(stated), encoding="utf-8")
    return out


def test_photos_are_shown_small_and_a_few_of_them(photographed):
    pictures = pictures_of_people(read_corpus(photographed), {"Ada Lovelace", "Grace Hopper"})
    assert set(pictures) == {"Ada Lovelace", "Grace Hopper"}
    assert pictures["Grace Hopper"] == []
    assert 0 < len(pictures["Ada Lovelace"]) <= PHOTOS
    assert all(picture.startswith("data:image/jpeg;base64,") for picture in pictures["Ada Lovelace"])
    assert all(len(picture) < 20_000 for picture in pictures["Ada Lovelace"])


def test_without_photos_there_is_no_picture_and_no_error(out):
    assert pictures_of_people(read_corpus(out), {"Ada Lovelace"}) == {"Ada Lovelace": []}

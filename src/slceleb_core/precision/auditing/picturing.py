"""What the people of a draw look like: their photos, as far as they are where they were, and the best face of them.

Photos come first: a corpus that takes somebody for another one has that other one's face, too.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from pathlib import Path

import cv2

from slceleb_core.batch.resuming import resumption
from slceleb_core.corpus.reading import Corpus, Recording
from slceleb_core.disk.output import statement_of
from slceleb_core.errors import SlcelebError
from slceleb_core.perception.photos import list_photos
from slceleb_core.perception.photos.reading import PictureError, read_picture
from slceleb_core.review.lanes import Lanes, read_lanes
from slceleb_core.review.page import data_of
from slceleb_core.review.portraits import pictures_of
from slceleb_core.review.stretches import candidates_of
from slceleb_core.review.views import read_result
from slceleb_core.review.writing import FILE
from slceleb_core.types import Array

PHOTOS = 3
"""Of each person; the first by name."""

HEIGHT, WIDEST = 224, 336
"""Pixels of a photo: twice what the page shows, for fine screens."""

QUALITY = 80
"""Of the JPEG."""


def pictures_of_people(corpus: Corpus, people: Collection[str]) -> dict[str, list[str]]:
    """Return data URIs of pictures by person; none of somebody of whom there is none."""
    photos = dict(_photos(corpus.folder, people))
    faces = _faces_of_page(corpus.folder)
    for person in sorted(set(people) - set(photos) - set(faces)):
        faces |= dict(_best_face(corpus, person))
    return {
        person: [*photos.get(person, ()), *([faces[person]] if person in faces else [])] for person in sorted(people)
    }


def _photos(output_dir: Path, people: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the photos by which people were looked for, where the folder's books say where those are."""
    try:
        poi_dir = resumption(output_dir).options.get("poi_dir")
        listed = list_photos(Path(poi_dir)) if poi_dir else {}
    except SlcelebError:
        return  # there was no batch, or its photos are gone
    for person in sorted(set(people) & set(listed)):
        read = [uri for path in listed[person][:PHOTOS] if (uri := _photo(path)) is not None]
        if read:
            yield person, read


def _photo(path: Path) -> str | None:
    try:
        return _data_uri(read_picture(path).pixels)
    except PictureError:
        return None  # the run has said why


def _data_uri(pixels: Array) -> str | None:
    height, width = pixels.shape[:2]
    scale = min(HEIGHT / height, WIDEST / width, 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    done, content = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode('ascii')}" if done else None


def _faces_of_page(output_dir: Path) -> dict[str, str]:
    """Return the faces that the review page shows, where it has been made."""
    people = (data_of(output_dir / FILE) or {}).get("people") or ()
    return {person["name"]: person["photo"] for person in people if person.get("photo")}


def _best_face(corpus: Corpus, person: str) -> Iterator[tuple[str, str]]:
    """Yield the best face of a person in the video in which they speak most."""

    def spoken(recording: Recording) -> float:
        return sum(utterance.segment.duration for utterance in recording.utterances if utterance.person == person)

    recording = max(corpus.recordings, key=spoken)
    result, stated = read_result(recording.folder), statement_of(recording.folder)
    candidates = [
        candidate
        for candidate in candidates_of(recording.name, result, stated)
        if candidate.person == person and candidate.kind == "segment"
    ]
    if candidates:
        lanes = Lanes.over(candidates[0].start, candidates[-1].end)
        read_lanes(recording.folder / "frames.jsonl.gz", lanes, candidates)
        portrait = pictures_of(candidates, lanes, recording.folder, None).portraits.get(person)
        if portrait is not None:
            yield person, portrait.picture

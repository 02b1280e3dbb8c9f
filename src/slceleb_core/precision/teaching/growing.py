"""A person's gallery grows by faces of accepted segments: asked for, few, and each as like the own photos as a track.

A gallery that grows by what it has found drifts, once a wrong face is in it. So a face is measured against the photos
that somebody put there and never against grown ones; its segment was accepted by somebody; and a person has a few.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from slceleb_core.corpus.claiming import alone_in
from slceleb_core.corpus.folders import REVIEW
from slceleb_core.corpus.growths import remember
from slceleb_core.corpus.reading import Recording, Utterance, read_corpus
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.perception.photos import Photo, examine
from slceleb_core.perception.photos.enrolling import embeddings_of, made_of, templates
from slceleb_core.perception.photos.grown import GrownPhoto, Origin, add, forget, grown_in, is_grown
from slceleb_core.perception.photos.listing import person_of
from slceleb_core.pipeline import Pipeline
from slceleb_core.results import DIGITS, Segment
from slceleb_core.review.lanes import TimedFace, frames_of
from slceleb_core.review.state import CLOSE
from slceleb_core.review.thumbnails import Framing, squares
from slceleb_core.types import Array

LIMIT = 3
"""Grown photos of a person, where nobody says otherwise: fewer than most have own ones."""

OF_SEGMENT, OF_PERSON = 3, 30
"""Faces of a segment, and of a person, that are looked at."""

PHOTO = Framing(margin=0.8, least=64, most=640)
"""What of a picture is taken: a face with hair and shoulders, as a detector wants to see it."""

SAME = 0.95
"""Similarity from which on two pictures of a person are hardly two: the next frame of a burst."""

ONE_LOOK = 1.0
"""Squared length of the mean embedding of one picture."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a gallery has grown by, or would.

    Attributes
    ----------
    added, kept, gone
        Photos: new ones; those that were there and may stay; those whose segment is not accepted any more.
    refused
        By person, how many faces were looked at and not taken.
    """

    added: tuple[GrownPhoto, ...]
    kept: tuple[GrownPhoto, ...]
    gone: tuple[GrownPhoto, ...]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A segment that somebody has accepted."""

    recording: Recording
    utterance: Utterance
    entry: Mapping[str, Any]

    @property
    def segment(self) -> Segment:
        return self.utterance.segment


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """A face that a gallery may grow by."""

    accepted: _Accepted
    time: float
    content: bytes
    embedding: Array
    similarity: float = 0.0
    limit: float = 0.0
    margin: float = 0.0


def grow(output_dir: Path, gallery_dir: Path, pipeline: Pipeline, limit: int = LIMIT) -> Growth:
    """Let a gallery grow by faces of accepted segments, and take out of it what is not accepted any more.

    Parameters
    ----------
    output_dir
        The corpus.
    gallery_dir
        ``<person>/*.jpg``, as of ``Pipeline.enroll``.
    pipeline
        Whose detector and recognizer look at faces, and whose profile says how alike they must be.
    limit
        Grown photos of a person at most; 0 takes out those of this corpus.

    Raises
    ------
    GalleryError
        There is no photo, or what is said of grown ones cannot be read.
    OutputError
        Something cannot be written.
    """
    with alone_in(output_dir), writing(f"to {gallery_dir}"):
        accepted = list(_accepted(output_dir))
        known = {recording.fingerprint for recording in read_corpus(output_dir).recordings}
        gone = forget(gallery_dir, lambda photo: photo.origin.fingerprint in known and not _stands(photo, accepted))
        gone += _beyond(gallery_dir, known, limit)
        kept = grown_in(gallery_dir)
        seen = pipeline.examine(gallery_dir)
        own = [photo for photo in seen if not is_grown(photo.path)]
        alike = {photo.path: photo.embedding for photo in seen if photo.embedding is not None}
        remember(output_dir, gallery_dir)
        added: list[GrownPhoto] = []
        refused: dict[str, int] = {}
        for person, faces, looked in _faces(accepted, own, pipeline):
            present = [photo for photo in kept if photo.person == person]
            taken = {photo.origin.segment for photo in present}
            there = [rows for photo in seen if photo.person == person and (rows := alike.get(photo.path)) is not None]
            chosen = _chosen(faces, there, taken, limit - len(present))
            refused[person] = looked - len(chosen)
            folder, model = _folder_of(person, gallery_dir, own), _model_of(pipeline)
            added += [_added(folder, person, face, model) for face in chosen]
    return Growth(tuple(added), tuple(kept), tuple(gone), {name: count for name, count in refused.items() if count})


def _accepted(output_dir: Path) -> Iterator[_Accepted]:
    """Yield the segments of a corpus that somebody has accepted."""
    for recording in read_corpus(output_dir).recordings:
        entries = statement_of(recording.folder).get(REVIEW) or {}
        for utterance in recording.utterances:
            entry = entries.get(utterance.id) or {}
            if entry.get("decision") == "accept":
                yield _Accepted(recording, utterance, entry)


def _stands(photo: GrownPhoto, accepted: Sequence[_Accepted]) -> bool:
    """Tell whether the segment that a photo is of is still accepted, and the same stretch of the same person."""
    origin = photo.origin
    return any(
        found.recording.fingerprint == origin.fingerprint
        and found.segment.id == origin.segment
        and person_of(found.segment.person) == photo.person
        and abs(found.segment.start - origin.start) <= CLOSE
        and abs(found.segment.end - origin.end) <= CLOSE
        for found in accepted
    )


def _beyond(gallery_dir: Path, known: set[str], limit: int) -> list[GrownPhoto]:
    """Take out what is more than a limit that was lowered, the least alike first."""
    by_person: dict[str, list[GrownPhoto]] = {}
    for photo in grown_in(gallery_dir):
        by_person.setdefault(photo.person, []).append(photo)
    surplus: set[Path] = set()
    for photos in by_person.values():
        own = sorted((photo for photo in photos if photo.origin.fingerprint in known), key=_alike)
        surplus |= {photo.path for photo in own[: max(len(photos) - limit, 0)]}
    return forget(gallery_dir, lambda photo: photo.path in surplus)


def _alike(photo: GrownPhoto) -> float:
    return photo.origin.similarity


# Looking at faces ---------------------------------------------------------------------------------------------------


def _faces(
    accepted: Sequence[_Accepted], own: Sequence[Photo], pipeline: Pipeline
) -> Iterator[tuple[str, list[_Face], int]]:
    """Yield, for each person of the gallery, the faces that may be taken, and how many were looked at."""
    people = embeddings_of(own)
    if not people:
        return
    limits = np.broadcast_to(pipeline.point(made_of(people)).limits(ONE_LOOK), (len(people),))
    means, margin = templates(own), pipeline.bound.profile.identity.margin
    for person, limit in zip(people, limits.tolist(), strict=True):
        segments = [found for found in accepted if person_of(found.segment.person) == person]
        pictures = list(_pictures(_mixed(segments)))
        if pictures:
            seen = [_measured(face, person, means, limit) for face in _looked_at(pictures, person, pipeline)]
            yield person, [face for face in seen if face.similarity >= limit and face.margin >= margin], len(pictures)


def _measured(face: _Face, person: str, means: Mapping[str, Array], limit: float) -> _Face:
    """Return a face with how like the person's own photos it is, and how far nobody else's are behind."""
    similar = {name: float(face.embedding @ mean) for name, mean in means.items()}
    own = similar.pop(person)
    return replace(face, similarity=own, limit=limit, margin=own - max(similar.values(), default=-1.0))


def _mixed(segments: Sequence[_Accepted]) -> list[_Accepted]:
    """Return segments so that those of different videos alternate: what differs is worth more."""
    by_video: dict[str, list[_Accepted]] = {}
    for found in sorted(segments, key=lambda found: -found.segment.duration):
        by_video.setdefault(found.recording.name, []).append(found)
    turns = [(turn, name, found) for name, of in by_video.items() for turn, found in enumerate(of)]
    return [found for _, _, found in sorted(turns, key=lambda entry: entry[:2])][: OF_PERSON // OF_SEGMENT]


def _pictures(segments: Sequence[_Accepted]) -> Iterator[tuple[_Accepted, float, bytes]]:
    """Yield faces of segments, cut out of the video, or of the clip where that is gone: RGB, as PNG."""
    for found in segments:
        faces = _best(found)
        of_group = bool(found.recording.files)  # its clip is of the camera in whose picture the faces are
        path, begin = found.recording.video, 0.0
        if (of_group or not path.is_file()) and found.utterance.video is not None:
            path, begin = found.utterance.video, found.segment.start
        usable = path.is_file() and not (of_group and found.utterance.video is None)
        for face, picture in zip(faces, squares(path, faces, begin, PHOTO) if usable else (), strict=False):
            if picture is not None:
                done, content = cv2.imencode(".png", picture[:, :, ::-1])
                if done:
                    yield found, face.time, content.tobytes()


def _best(found: _Accepted) -> list[TimedFace]:
    """Return the largest face of each part of a segment, of those that were looked at and compared."""
    segment = found.segment
    best: dict[int, TimedFace] = {}
    frames = max(segment.last_frame - segment.first_frame + 1, 1)
    for frame in frames_of(found.recording.folder / "frames.jsonl.gz"):
        if segment.first_frame <= frame["index"] <= segment.last_frame:
            part = (frame["index"] - segment.first_frame) * OF_SEGMENT // frames
            for face in frame["faces"]:
                usable = face["track"] == segment.track and face.get("looked", True) and face.get("similarity")
                told = face["box"] if not segment.camera else (face.get("boxes") or {}).get(segment.camera)
                if usable and told:
                    x0, y0, x1, y1 = box = tuple(told)
                    timed = TimedFace(float(frame["time"]), box, (x1 - x0) * (y1 - y0))
                    if part not in best or timed.quality > best[part].quality:
                        best[part] = timed
    return [best[part] for part in sorted(best)]


def _looked_at(pictures: Sequence[tuple[_Accepted, float, bytes]], person: str, pipeline: Pipeline) -> Iterator[_Face]:
    """Yield pictures as photos are looked at, with their embeddings; what no photo could be is left out."""
    with tempfile.TemporaryDirectory(prefix="slceleb-") as folder:
        paths = [Path(folder) / f"{number}.png" for number in range(len(pictures))]
        for path, (_, _, content) in zip(paths, pictures, strict=True):
            path.write_bytes(content)
        photos = list(examine({person: paths}, pipeline.detector, pipeline.recognizer))
    for photo, (found, time, content) in zip(photos, pictures, strict=True):
        if photo.embedding is not None:
            yield _Face(found, time, content, photo.embedding)


# Taking some --------------------------------------------------------------------------------------------------------


def _chosen(faces: Sequence[_Face], there: Sequence[Array], taken: Collection[str], room: int) -> list[_Face]:
    """Return the faces that are taken: those least like what is there already, one a segment.

    Parameters
    ----------
    faces
        Those that may be.
    there
        Embeddings of the person's photos, own and grown.
    taken
        Segments of which there is one.
    room
        How many may be added.
    """
    left = [face for face in faces if face.accepted.segment.id not in taken]
    known, chosen = list(there), list[_Face]()
    while left and len(chosen) < room:
        nearest = [max((float(face.embedding @ row) for row in known), default=-1.0) for face in left]
        place = int(np.argmin(nearest))
        if nearest[place] >= SAME:
            break
        face = left[place]
        chosen.append(face)
        known.append(face.embedding)
        left = [other for other in left if other.accepted.segment.id != face.accepted.segment.id]
    return chosen


def _folder_of(person: str, gallery_dir: Path, own: Sequence[Photo]) -> Path:
    """Return a person's folder in a gallery: where the own photos lie, or one beside a photo of that name."""
    for photo in own:
        inside = photo.path.relative_to(gallery_dir).parts
        if photo.person == person and len(inside) > 1:
            return gallery_dir / inside[0]
    return gallery_dir / person


def _model_of(pipeline: Pipeline) -> str:
    recognizer = pipeline.recognizer
    return f"{recognizer.name} {recognizer.model_hash}".strip()


def _added(folder: Path, person: str, face: _Face, model: str) -> GrownPhoto:
    """Write a face into a person's folder."""
    found, segment = face.accepted, face.accepted.segment
    origin = Origin(
        segment=segment.id,
        recording=found.recording.name,
        fingerprint=found.recording.fingerprint,
        start=segment.start,
        end=segment.end,
        time=round(face.time, DIGITS),
        accepted_by=str(found.entry.get("reviewer") or ""),
        accepted=str(found.entry.get("when") or ""),
        model=model,
        similarity=round(face.similarity, DIGITS),
        limit=round(face.limit, DIGITS),
        grown=utc_timestamp(),
    )
    return GrownPhoto(person, add(folder, f"{safe_name(segment.id)}.png", face.content, origin), origin)

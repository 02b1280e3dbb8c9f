"""What is known of reference photos, so that looking at the same ones again needs no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slceleb_core.artefacts.store import ArtefactStore
from slceleb_core.decision.operating import Known
from slceleb_core.perception.photos.examining import UNREADABLE, Examiner, Photo, Seen, Stages, unseen
from slceleb_core.perception.photos.reading import PictureError, content_of
from slceleb_core.types import Array

KIND = "photo"

EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo that is to be examined.

    Attributes
    ----------
    person, path
        Whom it is said to show, and where it is.
    key
        Of what is known of it; None: it cannot be read.
    """

    person: str
    path: Path
    key: str | None


class PhotoShelf:
    """Examines photos, each of them once, also where several processes are about the same ones.

    Each of them goes through the photos in an order of its own, and takes from the store what another has put there
    meanwhile. So they share the work without a word, and one that dies holds up nobody.

    Parameters
    ----------
    store
        Where it is kept what came out.
    key_of
        Returns the key of a photo, by the hash of its file.

    Attributes
    ----------
    known
        What the recognizer knows of its operating point, as far as a photo that was kept has told it; None: not.
    """

    def __init__(self, store: ArtefactStore, key_of: Callable[[str], str]) -> None:
        self._store, self._key_of = store, key_of
        self.known: Known | None = None

    def examine(self, people: Mapping[str, Sequence[Path]], stages: Stages, seen: Seen = unseen) -> Iterator[Photo]:
        """Yield every photo, as ``photos.examine`` does.

        Parameters
        ----------
        people
            The photos.
        stages
            Asked for where one is new.
        seen
            Told of each photo that is done.
        """
        files = [(person, path) for person, paths in people.items() for path in paths]
        examiner = Examiner(stages)
        found: dict[int, Photo] = {}
        for place in np.random.default_rng().permutation(len(files)):
            person, path = files[place]
            found[int(place)] = self._examined(person, path, examiner)
            seen(len(found), len(files))
        for place in range(len(files)):
            yield found[place]

    def _examined(self, person: str, path: Path, examiner: Examiner) -> Photo:
        file = PhotoFile(person, path, self._key(path))
        known = self._read(file)
        if known is not None:
            return known
        photo = examiner.look(person, path)
        if not photo.problem.startswith(UNREADABLE):  # which may be the machine's fault, and is soon found again
            self._write(file, photo, examiner.known)
        return photo

    def _key(self, path: Path) -> str | None:
        try:
            return self._key_of(content_of(path))
        except (OSError, PictureError):
            return None

    def _read(self, file: PhotoFile) -> Photo | None:
        reader = None if file.key is None else self._store.read(KIND, file.key)
        if reader is None:
            return None
        with reader:
            self.known = Known.from_json(reader.facts["known"])
            rows = [item.columns[EMBEDDING][0] for item in reader.items() if item.rows]
            embedding: Array | None = rows[0] if rows else None
            return Photo(file.person, file.path, reader.facts["problem"], reader.facts["size"], embedding)

    def _write(self, file: PhotoFile, photo: Photo, known: Known) -> None:
        recording = None if file.key is None else self._store.record(KIND, file.key)
        if recording is None:
            return
        with recording:
            if photo.embedding is not None:
                recording.add(1, {EMBEDDING: photo.embedding[None]})
            recording.commit({"problem": photo.problem, "size": photo.size, "known": known.to_json()})

"""What is known of reference photos, so that looking at the same ones again needs no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.artefacts.store import ArtefactStore
from slceleb_core.models import sha256_of
from slceleb_core.photos import Photo, examine
from slceleb_core.stages import Detector, Recognizer
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


@dataclass(frozen=True, slots=True)
class PhotoShelf:
    """Examines photos, each of them once.

    Attributes
    ----------
    store
        Where it is kept what came out.
    key_of
        Returns the key of a photo, by the hash of its file.
    """

    store: ArtefactStore
    key_of: Callable[[str], str]

    def examine(
        self, people: Mapping[str, Sequence[Path]], stages: Callable[[], tuple[Detector, Recognizer]]
    ) -> Iterator[Photo]:
        """Yield every photo, as ``photos.examine`` does; `stages` are asked for where one is new."""
        files = [PhotoFile(person, path, self._key(path)) for person, paths in people.items() for path in paths]
        found = [self._read(file) for file in files]
        new = [file for file, photo in zip(files, found, strict=True) if photo is None]
        made = iter(self._examined(new, *stages()) if new else ())
        for photo in found:
            yield next(made) if photo is None else photo

    def _examined(self, files: Sequence[PhotoFile], detector: Detector, recognizer: Recognizer) -> Iterator[Photo]:
        for file in files:
            for photo in examine({file.person: [file.path]}, detector, recognizer):
                self._write(file, photo)
                yield photo

    def _key(self, path: Path) -> str | None:
        try:
            return self.key_of(sha256_of(path))
        except OSError:
            return None

    def _read(self, file: PhotoFile) -> Photo | None:
        reader = None if file.key is None else self.store.read(KIND, file.key)
        if reader is None:
            return None
        with reader:
            rows = [item.columns[EMBEDDING][0] for item in reader.items() if item.rows]
            embedding: Array | None = rows[0] if rows else None
            return Photo(file.person, file.path, reader.facts["problem"], reader.facts["size"], embedding)

    def _write(self, file: PhotoFile, photo: Photo) -> None:
        recording = None if file.key is None else self.store.record(KIND, file.key)
        if recording is None:
            return
        with recording:
            if photo.embedding is not None:
                recording.add(1, {EMBEDDING: photo.embedding[None]})
            recording.commit({"problem": photo.problem, "size": photo.size})

"""Clips, each of them cut once."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from slceleb_core.artefacts.keys import digest
from slceleb_core.artefacts.provenance import library_versions
from slceleb_core.artefacts.store import ArtefactStore
from slceleb_core.disk.copying import link_or_copy
from slceleb_core.disk.refusals import writing
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.cutting import MediaClipper
from slceleb_core.media.encoding import AAC, AAC_BITS_PER_CHANNEL, ENCODERS, choose_encoder
from slceleb_core.models import sha256_of
from slceleb_core.types import JsonValue

log = logging.getLogger(__name__)

KIND = "cut"

CUTTING = 2
"""Raised whenever the core would cut otherwise with the same encoder."""


class Cutter(Protocol):
    """Cuts stretches out of one video, on any number of threads at a time; a ``Clipper`` but for its queue."""

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``Clipper`` says."""

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``Clipper`` says."""

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Write a stretch, as ``Clipper`` says."""

    def halt(self) -> None:
        """Break off what is being cut, and cut nothing any more."""


class LazyClipper:
    """Cuts stretches out of a video; its sound is decoded when something is cut.

    Parameters
    ----------
    video
        The file.
    sound
        Returns its sound, which stays the caller's to close; None where it has none.
    """

    def __init__(self, video: Path, sound: Callable[[], AudioTrack | None]) -> None:
        self._video, self._sound = video, sound
        self._making = threading.Lock()
        self._made: MediaClipper | None = None
        self._halted = False

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``MediaClipper`` does."""
        self._clipper().cut_audio(start, end, target)

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``MediaClipper`` does."""
        self._clipper().cut_video(start, end, target)

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Write a stretch, as ``MediaClipper`` does."""
        return self._clipper().copy_video(start, end, target)

    def halt(self) -> None:
        """Break off what is being cut, and cut nothing any more."""
        self._halted = True
        made = self._made
        if made is not None:
            made.halt()

    def _clipper(self) -> MediaClipper:
        with self._making:
            if self._made is None:
                self._made = MediaClipper(self._video, self._sound())
            if self._halted:
                self._made.halt()
            return self._made


def _by_nothing() -> float:
    return 0.0


class ReusingClipper:
    """Cuts stretches out of a video that have not been cut before.

    A clip that is kept is the very file that lies among the results (a hard link), so it takes no room of its own
    where the file system can do that. One that has been changed since counts as missing. A note beside it says so, and
    what it is of (:class:`KeptClip`), so that it can be found when that is taken out of a corpus.

    Parameters
    ----------
    inner
        Who cuts.
    store
        Where clips are kept.
    fingerprint
        Of the video.
    audio_track
        Which of its audio tracks is listened to; empty: the usual one.
    moved_by
        Returns the seconds by which its sound is heard later than in the file.
    """

    def __init__(
        self,
        inner: LazyClipper,
        store: ArtefactStore,
        fingerprint: str,
        audio_track: str,
        moved_by: Callable[[], float] = _by_nothing,
    ) -> None:
        self._inner, self._store, self._fingerprint = inner, store, fingerprint
        self._audio_track, self._moved_by = audio_track, moved_by

    @property
    def _source(self) -> list[JsonValue]:
        """What is cut; keys of sound that is as in the file stay as they were."""
        moved = self._moved_by()
        return [self._fingerprint, self._audio_track, *([moved] if moved else [])]

    def cut_audio(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``MediaClipper`` does."""
        key = digest([CUTTING, library_versions(), "audio", self._source, start, end])
        if not self._taken(key, target):
            self._inner.cut_audio(start, end, target)
            self._keep(key, target, start, end)

    def cut_video(self, start: float, end: float, target: Path) -> None:
        """Write a stretch, as ``MediaClipper`` does."""
        key = digest([CUTTING, library_versions(), self._encoding, self._source, start, end])
        if not self._taken(key, target):
            self._inner.cut_video(start, end, target)
            self._keep(key, target, start, end)

    def copy_video(self, start: float, end: float, target: Path) -> bool:
        """Write a stretch, as ``MediaClipper`` does."""
        key = digest([CUTTING, library_versions(), ["copied", AAC, AAC_BITS_PER_CHANNEL], self._source, start, end])
        if not self._taken(key, target):
            if not self._inner.copy_video(start, end, target):
                return False
            self._keep(key, target, start, end)
        return True

    def halt(self) -> None:
        """Break off what is being cut, and cut nothing any more."""
        self._inner.halt()

    @cached_property
    def _encoding(self) -> JsonValue:
        encoder = choose_encoder()
        return [encoder, ENCODERS[encoder], AAC, AAC_BITS_PER_CHANNEL]

    def _taken(self, key: str, target: Path) -> bool:
        """Put a kept clip at `target`; tell whether there is one."""
        clip, note = self._paths(key)
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            if not self._store.holds(KIND, told):
                return False
            whole = told["sha256"] == sha256_of(clip)
        except FileNotFoundError:
            return False
        except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
            log.warning("a kept clip cannot be used, and is cut anew: %s: %s", clip, error)
            return False
        if not whole:
            log.warning("a kept clip has been changed, and is cut anew: %s", clip)
            return False
        with writing(f"{target}"):
            link_or_copy(clip, target)
        return True

    def _keep(self, key: str, target: Path, start: float, end: float) -> None:
        clip, note = self._paths(key)
        told = {"sha256": sha256_of(target), "video": self._fingerprint, "start": start, "end": end}
        told |= self._store.stated(KIND)
        with writing(f"the intermediate result {clip}"):
            clip.parent.mkdir(parents=True, exist_ok=True)
            aside = self._store.aside()
            try:
                link_or_copy(target, aside)
                aside.replace(clip)
                aside.write_text(json.dumps(told), encoding="utf-8")
                aside.replace(note)
            finally:
                aside.unlink(missing_ok=True)

    def _paths(self, key: str) -> tuple[Path, Path]:
        return self._store.path(KIND, key, ".clip"), self._store.path(KIND, key, ".json")


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A clip that is kept, or what is left of one.

    Attributes
    ----------
    clip, note
        The file, and the note beside it; one of them may be missing.
    video
        Fingerprint of the video; empty where the note does not tell.
    start, end
        What is shown or heard, PTS seconds.
    """

    clip: Path
    note: Path
    video: str = ""
    start: float = 0.0
    end: float = 0.0


def kept_clips(root: Path) -> Iterator[KeptClip]:
    """Yield all clips that are kept below the folder of a store."""
    stems = {path.with_suffix("") for path in (root / KIND).rglob("*.*") if path.is_file()}
    for stem in sorted(stems):
        clip, note = stem.with_suffix(".clip"), stem.with_suffix(".json")
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            yield KeptClip(clip, note, str(told["video"]), float(told["start"]), float(told["end"]))
        except (OSError, LookupError, TypeError, ValueError):
            yield KeptClip(clip, note)


def clipper(
    video: Path,
    sound: Callable[[], AudioTrack | None],
    store: ArtefactStore | None,
    fingerprint: str,
    audio_track: str = "",
    moved_by: Callable[[], float] = _by_nothing,
) -> Cutter:
    """Return what cuts a video for its sinks, and uses clips again where a store keeps them."""
    live = LazyClipper(video, sound)
    if store is None or KIND not in store.kinds:
        return live
    return ReusingClipper(live, store, fingerprint, audio_track, moved_by)

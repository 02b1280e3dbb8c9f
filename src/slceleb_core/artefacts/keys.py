"""Hashes that tell whether an earlier result is still what would come out: of each step, and of a video as a whole.

A key covers everything that decides a result, and the keys of what it is made from. So a changed option changes the
keys of its own step and of those behind it, and of no other. What a machine is like (device, folders) is in no key:
it does not decide what a result is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from slceleb_core.artefacts.provenance import library_versions, stage_identity
from slceleb_core.decision.attention import lax
from slceleb_core.decision.gates import OVER_CORPUS
from slceleb_core.decision.identity import Gallery
from slceleb_core.jobs import Item
from slceleb_core.media.speech import silero_installed
from slceleb_core.perception.photos.listing import list_photos
from slceleb_core.perception.photos.reading import content_key
from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.stages import BoundStage, Recognizer, Speaker, Stage, StageContext
from slceleb_core.types import CROP_SIZE, USUAL_SOUND, JsonValue

PERCEPTION = 5
"""Raised whenever the core would hand other frames, crops or faces on from the same file than before."""

SCORING = 5
"""Raised whenever the core would hand other tracks or other sound to a speaker stage than before."""

LAGS = 1
"""Raised whenever the core would move the sound of the same video otherwise than before (``audio.resync``)."""

DECISIONS = 7
"""Raised whenever the core would decide otherwise by the same scores, or write down otherwise what it decided."""

PHOTOS = 3
"""Raised whenever the core would hand another picture on from the same photo than before, or judge it otherwise."""

GROUPS = 1
"""Raised whenever the core would bring cameras together otherwise, or fuse otherwise what they see."""

BESIDE = frozenset({"voice", "evidence"})
"""Sections of a profile on which no result of a video depends."""

LEARNED = "learned"
"""Option of whatever can be taught by decisions."""

LENGTH = 32
"""Hex digits of a key: 128 bits, far more than chance could ever match."""


def digest(value: JsonValue) -> str:
    """Return the key of a JSON-ready value; the order of a mapping's entries does not count."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def aim_of(gallery: Gallery | None) -> JsonValue:
    """Return who is looked for, JSON-ready, by what decides which faces are looked at; None: everybody."""
    if gallery is None:
        return None
    arrays = (gallery.templates, gallery.made_of.photos, gallery.made_of.lengths)
    content = [hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest() for values in arrays]
    return [list(gallery.names), sorted(gallery.wanted), content]


def gallery_key(folder: Path | None) -> str:
    """Return the key of a folder of photos: people's names and what their photos hold, not what the files are called.

    Parameters
    ----------
    folder
        As of ``Pipeline.enroll``; None: no gallery, which has a key of its own, :data:`NO_GALLERY`.

    Raises
    ------
    GalleryError
        The folder cannot be read, or holds no photo.
    """
    people = {} if folder is None else list_photos(folder)
    # in an order of their own, as the gallery is made in one: ``enrolling.in_canonical_order``
    return digest(
        [[person, sorted(content_key(photo) for photo in photos)] for person, photos in sorted(people.items())]
    )


NO_GALLERY = gallery_key(None)
"""The key of no photos at all."""


@dataclass(frozen=True, slots=True)
class StepKeys:
    """The keys of one video's intermediate results.

    Attributes
    ----------
    faces
        What the detector found on each frame, and to which shot that belongs.
    observations
        What the speaker stage kept of each face.
    scores
        What the speaker stage said of each track.
    """

    faces: str
    observations: str
    scores: str


class Keyring:
    """Gives the keys of what is made with one profile; no stage is opened for it, and no model loaded.

    What many keys share is hashed once, when it is first needed.

    Parameters
    ----------
    bound
        The profile.
    registry
        Where its stages came from.
    context
        What its stages are handed.
    """

    def __init__(self, bound: BoundProfile, registry: Registry, context: StageContext) -> None:
        self._bound, self._registry, self._context = bound, registry, context

    def fetch(self, *, compared: bool) -> None:
        """Have the stages bring to this machine what their keys depend on, before work begins that is kept under them.

        Without that a model that is not pinned would count by its name before it has been fetched, and by its content
        ever after. Where keys are only looked at, as for a preview, nothing is fetched.

        Parameters
        ----------
        compared
            As of :meth:`kinds`.

        Raises
        ------
        SlcelebError
            It cannot be fetched.
        """
        used = [self._bound.detector, self._bound.speaker, *([self._bound.comparing] if compared else [])]
        for bound in used:
            self._made(bound).fetch()

    def steps(
        self,
        fingerprint: str,
        part: JsonValue = None,
        max_frames: int | None = None,
        audio_track: str = "",
        aim: JsonValue = None,
    ) -> StepKeys:
        """Return the keys of one video's intermediate results.

        Parameters
        ----------
        fingerprint
            Of the file.
        part
            What of it is looked at, JSON-ready; None: all.
        max_frames
            After how many frames it is left; None: at its end.
        audio_track
            Which of its audio tracks is listened to; empty: the usual one.
        aim
            Who is looked for, JSON-ready; None: everybody. Which faces are looked at may depend on it
            (``EconomyConfig``).
        """
        sparing = self._sparing(audio_track, aim)
        faces = digest([self._libraries, self._detecting, fingerprint, part, max_frames, sparing])
        observations = digest([faces, self._observing])
        return StepKeys(faces, observations, digest([observations, self._scoring, audio_track]))

    def embeddings(self, faces: str) -> str:
        """Return the key of what the recognizer makes of a video's faces, by their key."""
        return digest([faces, self._tracking, self._recognizing])

    def kinds(
        self,
        fingerprint: str,
        part: JsonValue,
        max_frames: int | None,
        audio_track: str = "",
        aim: JsonValue = None,
        *,
        compared: bool,
    ) -> dict[str, str]:
        """Return the keys of one video's intermediate results, by the kind of artefact.

        Parameters
        ----------
        fingerprint, part, max_frames, audio_track, aim
            As of :meth:`steps`.
        compared
            Whether there is a gallery: without one the recognizer is not asked for anything.
        """
        steps = self.steps(fingerprint, part, max_frames, audio_track, aim)
        named = {"faces": steps.faces, "meshes": steps.faces}
        named |= {"observations": steps.observations, "scores": steps.scores}
        return named | ({"embeddings": self.embeddings(steps.faces)} if compared else {})

    def photo(self, content: str) -> str:
        """Return the key of what is known of a photo, by the hash of its file."""
        return digest([PHOTOS, self._libraries, self._detecting, self._recognizing, content])

    def result(self, gallery: str, max_frames: int | None = None, poi: Sequence[str] = ()) -> ResultKey:
        """Return what gives the keys of videos' results: ``result(...).of(item)``.

        Parameters
        ----------
        gallery
            As of :func:`gallery_key`.
        max_frames
            After how many frames a video is left; None: at its end.
        poi
            Names to look for where a video asks for nobody in particular; empty: everyone.

        Raises
        ------
        SlcelebError
            A file that an option names cannot be read.
        """
        compared = gallery != NO_GALLERY
        shared = [
            DECISIONS,
            _deciding(self._bound.resolved()),
            [self._detecting, self._observing, self._scoring, self._recognizing if compared else None],
            [self._identity("sink", bound) for bound in self._bound.sinks],
            gallery,
            max_frames,
        ]
        return ResultKey(digest(shared), tuple(poi))

    def _sparing(self, audio_track: str, aim: JsonValue) -> JsonValue:
        """Return what decides which faces are looked at, beside the detector; None where all are."""
        profile = self._bound.profile
        economy = profile.economy
        if not economy.saves:
            return None
        heard = None if economy.mesh_unvoiced else [audio_track, self._voices]
        aimed = None
        if economy.by_person and aim is not None:
            point = lax(profile.identity).model_dump(mode="json", include={"threshold", "fpir", "calibration"})
            aimed = [aim, point, self._recognizing]
        return [self._policies("economy", "tracking"), heard, aimed]

    @cached_property
    def _libraries(self) -> JsonValue:
        # A newer library is no reason to make results anew; but what is made together is made with the same ones.
        return library_versions()

    @cached_property
    def _detecting(self) -> str:
        return digest([PERCEPTION, self._policies("shots"), self._described("detector", self._bound.detector)])

    @cached_property
    def _tracking(self) -> JsonValue:
        return self._policies("tracking")

    @cached_property
    def _recognizing(self) -> str:
        recognizer = cast("Recognizer", self._made(self._bound.comparing))
        return digest([*self._described("recognizer", self._bound.comparing), *_aligned_for(recognizer)])

    @cached_property
    def _observing(self) -> str:
        speaker = cast("Speaker", self._made(self._bound.speaker))
        return digest([self._identity("speaker", self._bound.speaker), speaker.observation_signature()])

    @cached_property
    def _scoring(self) -> str:
        policies = self._policies("tracking", "spans")
        form = cast("Speaker", self._made(self._bound.speaker)).sound_form
        # keys of those who ask for nothing stay as they were
        heard: list[JsonValue] = [] if form == USUAL_SOUND else [asdict(form)]
        resync = self._bound.profile.audio.resync
        heard += [] if resync == "off" else [["resync", LAGS, resync]]
        return digest([SCORING, policies, self._voices, self._described("speaker", self._bound.speaker), *heard])

    @cached_property
    def _voices(self) -> JsonValue:
        """What tells a voice from other sound."""
        wanted = self._bound.profile.gates.vad
        return silero_installed() if wanted == "auto" else wanted

    def _policies(self, *sections: str) -> JsonValue:
        return self._bound.profile.model_dump(mode="json", include=set(sections))

    def _made(self, bound: BoundStage) -> Stage:
        return bound.stage(bound.config, self._context)

    def _identity(self, role: str, bound: BoundStage) -> JsonValue:
        return stage_identity(role, bound.stage, self._registry)

    def _described(self, role: str, bound: BoundStage) -> JsonValue:
        return [self._identity(role, bound), self._made(bound).signature()]


def _deciding(profile: Mapping[str, Any]) -> JsonValue:
    """Return a profile without what decides nothing of a video: whose voices are heard in the folder, and evidence.

    Where no further limits are set, keys are what they were before there were any.
    """
    gates = {name: limit for name, limit in profile["gates"].items() if name not in OVER_CORPUS}
    if not gates["stricter"]:
        del gates["stricter"]
    return _told({**{section: value for section, value in profile.items() if section not in BESIDE}, "gates": gates})


def _told(value: Any) -> JsonValue:
    """Return a tree without options of nothing learned, wherever they are: so keys stay what they were."""
    if isinstance(value, Mapping):
        return {name: _told(inner) for name, inner in value.items() if not (name == LEARNED and inner is None)}
    return [_told(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _aligned_for(recognizer: Recognizer) -> list[JsonValue]:
    """Return how a recognizer wants to be shown faces, where it states that: else keys are what they were."""
    if recognizer.template is None and recognizer.crop_size == CROP_SIZE:
        return []
    wanted = recognizer.alignment()
    return [wanted.size, wanted.template.tolist()]


@dataclass(frozen=True, slots=True)
class ResultKey:
    """Gives the keys of whole results; made by :meth:`Keyring.result`.

    Attributes
    ----------
    shared
        The key of what all videos have in common.
    poi
        Names to look for where a video asks for nobody in particular.
    """

    shared: str
    poi: tuple[str, ...] = ()

    def of(self, item: Item) -> str:
        """Return the key of one video's result: of everything that decides it but the file itself."""
        wanted = sorted(set(item.poi or self.poi))
        group = [GROUPS, *_group(item)] if item.cameras else []  # keys of single videos are what they were
        return digest([self.shared, wanted, item.start, item.end, dict(item.facts), item.audio_track, *group])


def _group(item: Item) -> list[JsonValue]:
    """Return what decides the result of a group beside its files' content."""
    cameras = [[camera.name or camera.video.stem, camera.offset, camera.audio_track] for camera in item.cameras]
    heard = [item.microphone in (camera.name, str(camera.video)) for camera in item.cameras if item.microphone]
    return [cameras, heard.index(True) if True in heard else item.microphone, item.views]

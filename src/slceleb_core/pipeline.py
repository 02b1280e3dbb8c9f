"""The pipeline: a bound profile, its stages opened once, and videos drawn through them. Composition only."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import cast

from typing_extensions import Self

from slceleb_core.artefacts import ArtefactStore
from slceleb_core.artefacts.cuts import clipper
from slceleb_core.artefacts.photos import PhotoShelf
from slceleb_core.artefacts.shelf import Shelf
from slceleb_core.fingerprint import fingerprint as fingerprint_of
from slceleb_core.identity import Gallery
from slceleb_core.keys import Keyring
from slceleb_core.output import OutputFolder, prepare, writing
from slceleb_core.photos import Photo, enroll, examine, list_photos
from slceleb_core.processing import Processed, Statement, sound_of, write_down
from slceleb_core.profile import BoundProfile, BoundStage, Profile, bind, load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.provenance import provenance
from slceleb_core.registry import Registry
from slceleb_core.removals import refuse_people, refuse_video
from slceleb_core.run import NO_SHELF, Observer, VideoRun
from slceleb_core.settings import Settings, load_settings
from slceleb_core.stages import Detector, Recognizer, Sink, Speaker, Stage, StageContext
from slceleb_core.types import WHOLE, JsonValue, TimeRange

log = logging.getLogger(__name__)


class Pipeline:
    """Finds who is seen speaking, video after video.

    It is a context manager: stages are opened on entry (the recognizer and the sinks when first needed; with
    `artefacts` all of them), and closed on exit. ::

        with Pipeline.from_profile("default") as pipeline:
            gallery = pipeline.enroll("poi")
            for segment in pipeline.run("interview.mp4", gallery):
                print(segment.person, segment.start, segment.end)

    Parameters
    ----------
    bound
        The profile.
    registry
        Where its stages came from.
    context
        What its stages are handed: where models are found, and on which device they run.
    artefacts
        Where intermediate results are kept, so that what has been found in a video is not looked for again; None:
        nowhere.
    """

    def __init__(
        self,
        bound: BoundProfile,
        registry: Registry,
        context: StageContext,
        artefacts: ArtefactStore | None = None,
    ) -> None:
        self.bound = bound
        self.registry = registry
        self.artefacts = artefacts
        self._context = context
        self._keys = Keyring(bound, registry, context)
        self._stack = ExitStack()
        self._entered = False
        self._open: dict[str, Stage] = {}
        self._sinks: list[Sink] | None = None

    @classmethod
    def from_profile(
        cls,
        profile: str | Path | Profile = DEFAULT_PROFILE,
        overrides: Iterable[str] = (),
        *,
        registry: Registry | None = None,
        settings: Settings | None = None,
        artefacts: ArtefactStore | None = None,
    ) -> Pipeline:
        """Return the pipeline of a profile.

        Parameters
        ----------
        profile
            A shipped profile's name, a YAML file, or a profile at hand.
        overrides
            ``path=value`` each; not for a profile at hand.
        registry
            The plugins; None: all that are installed.
        settings
            The machine's facts; None: from the environment.
        artefacts
            As of the class.

        Raises
        ------
        UsageError
            The profile does not hold, or a plugin is missing.
        """
        known = registry or Registry.discover()
        chosen = profile if isinstance(profile, Profile) else load_profile(profile, overrides)
        return cls(bind(chosen, known), known, (settings or load_settings()).stage_context(), artefacts)

    def __enter__(self) -> Self:
        try:
            if self.artefacts is None:
                _ = self.detector, self.speaker
        except BaseException:
            self._stack.close()
            raise
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open, self._sinks, self._entered = {}, None, False
        self._stack.close()

    @property
    def detector(self) -> Detector:
        """The detector, open."""
        return cast("Detector", self._opened("detector", self.bound.detector))

    @property
    def speaker(self) -> Speaker:
        """The speaker stage, open."""
        return cast("Speaker", self._opened("speaker", self.bound.speaker))

    @property
    def recognizer(self) -> Recognizer:
        """The recognizer, opened when first asked for: without a gallery its model is not needed."""
        return cast("Recognizer", self._opened("recognizer", self.bound.recognizer))

    @property
    def threshold(self) -> float:
        """The cosine similarity from which on a face is taken for a person: the profile's, or the recognizer's own."""
        chosen = self.bound.profile.identity.threshold
        return self.recognizer.threshold if chosen is None else chosen

    def examine(self, folder: str | Path) -> list[Photo]:
        """Return every photo of a folder with its embedding, or with what is wrong with it.

        Raises
        ------
        GalleryError
            There is no photo.
        """
        people = list_photos(Path(folder))
        if self.artefacts is None:
            return list(examine(people, self.detector, self.recognizer))
        shelf = PhotoShelf(self.artefacts, self._keys.photo)
        return list(shelf.examine(people, lambda: (self.detector, self.recognizer)))

    def enroll(self, folder: str | Path, wanted: Sequence[str] = ()) -> Gallery:
        """Return the gallery of a folder of photos.

        Parameters
        ----------
        folder
            Holds ``<person>/*.jpg`` or ``<person>.jpg``.
        wanted
            Names to look for; empty: everyone.

        Raises
        ------
        GalleryError
            Someone has no usable photo.
        """
        photos = self.examine(folder)
        for photo in photos:
            if photo.problem:
                log.warning("photo not used: %s: %s", photo.path, photo.problem)
        return enroll(photos, wanted)

    def run(
        self,
        video: str | Path,
        gallery: Gallery | None = None,
        *,
        part: TimeRange = WHOLE,
        max_frames: int | None = None,
        observer: Observer | None = None,
        name: str | None = None,
        fingerprint: str | None = None,
    ) -> VideoRun:
        """Return the lazy result of one video; nothing is computed before it is iterated, no result is written.

        Parameters
        ----------
        video
            The file.
        gallery
            The persons of interest; None: every face is scored and labelled by its track.
        part
            What of it is looked at.
        max_frames
            Stop after so many frames.
        observer
            Told of each frame.
        name
            Prefix of segment ids; None: the file's stem.
        fingerprint
            Of the file, where it is known; None: it is computed if need be.
        """
        if not self._entered:
            raise RuntimeError("the pipeline is not open: use it in a with statement")
        path = Path(video)
        shelf = (
            NO_SHELF if self.artefacts is None else partial(self._shelf, path, gallery, part, max_frames, fingerprint)
        )
        return VideoRun(
            path,
            self,
            self.bound.profile,
            gallery,
            partial(self._provenance, gallery, part),
            part=part,
            max_frames=max_frames,
            observer=observer,
            name=name,
            shelf=shelf,
        )

    def process(
        self,
        video: str | Path,
        output_dir: str | Path,
        gallery: Gallery | None = None,
        *,
        part: TimeRange = WHOLE,
        max_frames: int | None = None,
        observer: Observer | None = None,
        name: str | None = None,
        fingerprint: str | None = None,
        key: str = "",
        facts: Mapping[str, JsonValue] | None = None,
    ) -> Processed:
        """Run one video and write its results with the profile's sinks.

        Results are written aside and moved into place as a whole; when anything fails, nothing of this video is left,
        and what earlier runs wrote is untouched. What is about all videos together is written by :meth:`collect`.

        Parameters
        ----------
        video, gallery, part, max_frames, observer
            As of :meth:`run`.
        output_dir
            Where results go.
        name
            What the folder of its results is called; None: the file's stem, with a hash where that is taken.
        fingerprint
            Of the file; None: it is computed.
        key
            Of the result (``keys.result_key``); stated beside it.
        facts
            Whatever else is known of the video, JSON-ready; kept in its results as ``source``.

        Raises
        ------
        UsageError
            The video, or somebody of the gallery, was removed from the corpus in `output_dir`.
        VideoError
            The video cannot be read.
        OutputError
            Results cannot be written.
        """
        path, target = Path(video), Path(output_dir)
        known = fingerprint or fingerprint_of(path)
        refuse_video(target, path, known)
        refuse_people(target, () if gallery is None else gallery.names)
        prepare(target)
        output = OutputFolder(target, path, name)
        try:
            run = self.run(
                path, gallery, part=part, max_frames=max_frames, observer=observer, name=output.name, fingerprint=known
            )
            sound = partial(sound_of, run)
            clips = clipper(path, sound, self.artefacts, known)
            return write_down(run, self._open_sinks(), output, clips, Statement(known, key, facts or {}))
        except BaseException:
            output.discard()
            raise

    def collect(self, output_dir: str | Path) -> None:
        """Have every sink write what is about the whole output folder; once, when all videos are done.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        with writing(f"to {output_dir}"):
            for sink in self._open_sinks():
                sink.collect(Path(output_dir))

    def _shelf(
        self, video: Path, gallery: Gallery | None, part: TimeRange, max_frames: int | None, fingerprint: str | None
    ) -> Shelf:
        """Return what is known of a video."""
        known = fingerprint or fingerprint_of(video)
        keys = self._keys.kinds(known, [part.start, part.end], max_frames, compared=gallery is not None)
        return Shelf(self.artefacts, keys)

    def _provenance(
        self, gallery: Gallery | None, part: TimeRange, reports: Mapping[str, Mapping[str, JsonValue]]
    ) -> dict[str, JsonValue]:
        """Return what a result records of how it came about. JSON-ready."""
        record = provenance(self.bound, self.registry, reports)
        people = None if gallery is None else {"persons": list(gallery.names), "wanted": sorted(gallery.wanted)}
        looked_at = {} if part == WHOLE else {"part": {"start": part.start, "end": part.end}}
        return {**record, "gallery": people, **looked_at}

    def _opened(self, role: str, bound: BoundStage) -> Stage:
        if role not in self._open:
            self._open[role] = self._stack.enter_context(bound.stage(bound.config, self._context))
        return self._open[role]

    def _open_sinks(self) -> list[Sink]:
        if self._sinks is None:
            made = [bound.stage(bound.config, self._context) for bound in self.bound.sinks]
            self._sinks = [cast("Sink", self._stack.enter_context(stage)) for stage in made]
        return self._sinks


def collect(bound: BoundProfile, registry: Registry, output_dir: Path) -> None:
    """Have the sinks of a profile write what is about a whole output folder; see :meth:`Pipeline.collect`.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    pipeline = Pipeline(bound, registry, load_settings().stage_context(), ArtefactStore(output_dir, kinds=()))
    with pipeline:
        pipeline.collect(output_dir)

"""The pipeline: a bound profile, its stages opened once, and videos drawn through them. Composition only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import cast

import numpy as np
from typing_extensions import Self

from slceleb_core.artefacts import ArtefactStore
from slceleb_core.artefacts.cuts import clipper
from slceleb_core.artefacts.keys import Keyring, aim_of
from slceleb_core.artefacts.photos import PhotoShelf
from slceleb_core.artefacts.promises import check_promise
from slceleb_core.artefacts.provenance import provenance
from slceleb_core.artefacts.shelf import Shelf
from slceleb_core.decision.calibration import Templates
from slceleb_core.decision.identity import Gallery
from slceleb_core.decision.operating import Known, OperatingPoint
from slceleb_core.disk.fingerprint import fingerprint as fingerprint_of
from slceleb_core.disk.fingerprint import fingerprint_of_all
from slceleb_core.disk.output import OutputFolder, prepare
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import refuse_people, refuse_video
from slceleb_core.errors import OneVideoError
from slceleb_core.jobs import Views
from slceleb_core.media.generated import refuse_generated
from slceleb_core.media.heap import keep_pictures_beside_the_heap
from slceleb_core.perception.photos import Doubles, Finding, Photo, audit, demand_some, doubles, enroll, examine, survey
from slceleb_core.perception.photos.enrolling import embeddings_of, made_of
from slceleb_core.perception.photos.examining import Seen, known_of, unseen
from slceleb_core.perception.photos.grown import told as grown
from slceleb_core.perception.photos.standing import Standing, standings
from slceleb_core.perception.photos.telling import lines, tell, tell_listing, uncalibrated
from slceleb_core.perception.selection import VideoSelection
from slceleb_core.profile import BoundProfile, Profile, bind, load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.registry import Registry
from slceleb_core.run import (
    NO_SHELF,
    CameraCutter,
    Ensemble,
    GroupCutter,
    GroupRun,
    MeasuredLag,
    Observer,
    Processed,
    Statement,
    VideoRun,
    assemble,
    measure_lag,
    moved_by_of,
    sound_of,
    write_down,
)
from slceleb_core.settings import Settings, load_settings
from slceleb_core.stages import BoundStage, Detector, Recognizer, Sink, Speaker, Stage, StageContext
from slceleb_core.types import WHOLE, JsonValue, TimeRange


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
    photos
        Where it is kept what is known of photos; None: with the other artefacts.

    Raises
    ------
    ProfileError
        The profile's evidence is about another profile, or about other plugins.
    """

    def __init__(
        self,
        bound: BoundProfile,
        registry: Registry,
        context: StageContext,
        artefacts: ArtefactStore | None = None,
        photos: ArtefactStore | None = None,
    ) -> None:
        check_promise(bound, registry)
        self.bound = bound
        self.registry = registry
        self.artefacts = artefacts
        self.photos = photos or artefacts
        self._stated: Known | None = None  # of the operating point, where photos that were kept tell it
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
        keep_pictures_beside_the_heap()
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
        """The recognizer, opened when first asked for: without a gallery its model is not needed.

        Raises
        ------
        UsageError
            The profile has none.
        PluginError
            It does not state what crops it takes.
        """
        recognizer = cast("Recognizer", self._opened("recognizer", self.bound.comparing))
        recognizer.alignment()
        return recognizer

    @property
    def threads(self) -> int | None:
        """Processor threads that a video should keep to; None: as many as there are."""
        return self._context.threads

    @property
    def decoder(self) -> str:
        """What decodes pictures: ``libav`` or ``nvdec``."""
        return self._context.decoder

    @property
    def known(self) -> Known:
        """What the recognizer knows of its operating point."""
        return known_of(self.recognizer) if self._stated is None else self._stated

    def point(self, templates: Templates) -> OperatingPoint:
        """Return what a track must reach to be taken for a person of a gallery.

        Parameters
        ----------
        templates
            Of the gallery (``Gallery.made_of``).

        Raises
        ------
        UsageError
            The profile's calibration is for another model.
        """
        return self.bound.profile.identity.operating_point(self.known, templates)

    def _looking(self) -> tuple[Detector, Recognizer]:
        """Return what looks at photos."""
        return self.detector, self.recognizer

    def _doubles(self, photos: Sequence[Photo]) -> Doubles:
        return doubles(photos, self.bound.profile.identity.margin)

    def examine(self, folder: str | Path, seen: Seen = unseen) -> list[Photo]:
        """Return every photo of a folder with its embedding, or with what is wrong with it.

        Parameters
        ----------
        folder
            As of :meth:`enroll`.
        seen
            Told of each photo that is done, and how many there are.

        Raises
        ------
        GalleryError
            There is no photo.
        """
        people = survey(Path(folder)).people
        if self.photos is None:
            return list(examine(people, *self._looking(), seen))
        self._keys.fetch(compared=True)
        shelf = PhotoShelf(self.photos, self._keys.photo)
        found = list(shelf.examine(people, self._looking, seen))
        self._stated = shelf.known
        return found

    def audit(self, photos: Sequence[Photo]) -> list[Finding]:
        """Return what a person should look at of photos that have been examined, the worst first."""
        people = {photo.person for photo in photos if photo.embedding is not None}
        one_each = Templates(np.ones(len(people), dtype=np.int64), np.ones(len(people)))
        threshold = float(self.point(one_each).limits(1.0)[0]) if people else 0.0
        return audit(photos, threshold, self._doubles(photos))

    def standings(self, photos: Sequence[Photo]) -> list[Standing]:
        """Return how each person of photos that have been examined stands at the point that would hold.

        Raises
        ------
        UsageError
            The profile's calibration is for another model.
        """
        known = embeddings_of(photos)
        return list(standings(photos, self.point(made_of(known)))) if known else []

    def gallery(self, photos: Sequence[Photo], wanted: Sequence[str] = ()) -> Gallery:
        """Return the gallery of photos that have been examined; what is wrong with them is logged.

        Parameters
        ----------
        photos
            As of :meth:`examine`.
        wanted
            Names to look for; empty: everyone.

        Raises
        ------
        GalleryError
            Somebody who is looked for has no usable photo, or none of them can be told from somebody else.
        """
        gallery = enroll(photos, wanted)
        used = [(photo.person, photo.path) for photo in photos if photo.embedding is not None]
        of_grown = tuple(grown(used))
        said = [*lines(self.audit(photos)), *of_grown, *uncalibrated(self.bound.profile.identity, self.known)]
        tell(said)
        found = self._doubles(photos)
        demand_some(gallery.wanted, found)
        return replace(gallery, doubles=found, warnings=tuple(said), grown=of_grown)

    def enroll(self, folder: str | Path, wanted: Sequence[str] = (), seen: Seen = unseen) -> Gallery:
        """Return the gallery of a folder of photos; what is wrong with them, or lies beside them, is logged.

        Parameters
        ----------
        folder
            Holds ``<person>/*.jpg``, in subfolders or not, or ``<person>.jpg``.
        wanted
            Names to look for; empty: everyone.
        seen
            As of :meth:`examine`.

        Raises
        ------
        GalleryError
            Somebody who is looked for has no usable photo, or none of them can be told from somebody else.
        """
        listing = survey(Path(folder))
        tell_listing(listing)
        listing.demand(wanted)
        return self.gallery(self.examine(folder, seen), wanted)

    def run(
        self,
        video: str | Path,
        gallery: Gallery | None = None,
        *,
        part: TimeRange = WHOLE,
        max_frames: int | None = None,
        audio_track: str | int | None = None,
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
        audio_track
            Which of its audio tracks is listened to: a number, counted from 1, or a language, such as ``en``; None:
            what the profile says.
        observer
            Told of each frame.
        name
            Prefix of segment ids; None: the file's stem.
        fingerprint
            Of the file, where it is known; None: it is computed if need be.
        """
        selection = self._selection(video, gallery, part, max_frames, audio_track)
        return self._run(selection, fingerprint, observer, name)

    def process(
        self,
        video: str | Path,
        output_dir: str | Path,
        gallery: Gallery | None = None,
        *,
        part: TimeRange = WHOLE,
        max_frames: int | None = None,
        audio_track: str | int | None = None,
        observer: Observer | None = None,
        name: str | None = None,
        fingerprint: str | None = None,
        key: str = "",
        redo: str = "",
        facts: Mapping[str, JsonValue] | None = None,
    ) -> Processed:
        """Run one video and write its results with the profile's sinks.

        Results are written aside and moved into place as a whole; when anything fails, nothing of this video is left,
        and what earlier runs wrote is untouched. What is about all videos together is written by :meth:`collect`.
        Any number of pipelines, threads and processes may write into one folder at the same time. What killed ones
        leave there is swept by the next command that works in it (``slceleb run``), not here.

        Parameters
        ----------
        video, gallery, part, max_frames, audio_track, observer
            As of :meth:`run`.
        output_dir
            Where results go.
        name
            What the folder of its results is called; None: the file's stem, with a hash where that is taken.
        fingerprint
            Of the file; None: it is computed.
        key
            Of the result (``artefacts.keys.ResultKey``); stated beside it.
        redo
            Which time it is that it was asked for anew (``jobs.Redo.token``); stated beside it.
        facts
            Whatever else is known of the video, JSON-ready; kept in its results as ``source``.

        Raises
        ------
        UsageError
            The video, or somebody of the gallery, was removed from the corpus in `output_dir`; or the video has no
            audio track as is wanted (``OneVideoError``), or states that a trained model made it (likewise), or `name`
            is that of another video's.
        VideoError
            The video cannot be read.
        OutputError
            Results cannot be written, or somebody is writing those of this video already.
        """
        selection, target = self._selection(video, gallery, part, max_frames, audio_track), Path(output_dir)
        refuse_generated(selection.video)
        known = fingerprint or fingerprint_of(selection.video)
        refuse_video(target, selection.video, known)
        refuse_people(target, () if gallery is None else gallery.names)
        prepare(target)
        output = OutputFolder(target, selection.video, name)
        try:
            run = self._run(selection, known, observer, output.name)
            sound = partial(sound_of, run)
            moved_by = partial(moved_by_of, run)
            clips = clipper(selection.video, sound, self.artefacts, known, selection.audio_track, moved_by)
            stated = Statement(known, key, redo, facts or {})
            return write_down(run, self._open_sinks(), output, clips, stated, self._context.threads)
        except BaseException:
            output.discard()
            raise

    def run_group(
        self,
        ensemble: Ensemble,
        gallery: Gallery | None,
        *,
        max_frames: int | None = None,
        audio_track: str | int | None = None,
        observer: Observer | None = None,
        name: str | None = None,
        fingerprints: Mapping[Path, str] | None = None,
    ) -> GroupRun:
        """Return the lazy result of a group of cameras; its files are brought together, and nothing else is computed.

        Parameters
        ----------
        ensemble
            Its files.
        gallery
            The persons of interest: who is seen by two cameras is told by who they are.
        max_frames, audio_track, observer
            As of :meth:`run`, for each camera.
        name
            Prefix of segment ids; None: the group's.
        fingerprints
            Of the files, where they are known.

        Raises
        ------
        OneVideoError
            There is no gallery.
        VideoError
            No two files belong together, or none has pictures.
        """
        if gallery is None:
            what = f"the group {ensemble.name} cannot be put together without photos"
            raise OneVideoError(what, "give a folder of photos with --poi-dir: cameras share who is seen, not tracks")
        if not self._entered:
            raise RuntimeError("the pipeline is not open: use it in a with statement")
        known = fingerprints or {camera.video: fingerprint_of(camera.video) for camera in ensemble.cameras}
        asked = "" if audio_track is None else str(audio_track).strip()
        group = assemble(ensemble, known, asked or self.bound.profile.audio.track or "")
        return GroupRun(
            group,
            gallery,
            self,
            self.bound.profile,
            partial(self._provenance, VideoSelection(group.main.video, gallery=gallery)),
            name=name or ensemble.name,
            shelf=_no_shelf if self.artefacts is None else self._shelf,
            observer=observer,
            max_frames=max_frames,
        )

    def process_group(
        self,
        ensemble: Ensemble,
        output_dir: str | Path,
        gallery: Gallery | None,
        *,
        views: Views = "best",
        max_frames: int | None = None,
        audio_track: str | int | None = None,
        observer: Observer | None = None,
        name: str | None = None,
        fingerprints: Mapping[Path, str] | None = None,
        key: str = "",
        redo: str = "",
        facts: Mapping[str, JsonValue] | None = None,
    ) -> Processed:
        """Run a group of cameras and write its results, as one video's, with the profile's sinks.

        Parameters
        ----------
        ensemble, gallery, max_frames, audio_track, observer, fingerprints
            As of :meth:`run_group`.
        output_dir, name, key, redo, facts
            As of :meth:`process`.
        views
            Whether of each segment the pictures of the camera that shows it best are cut, or of all that do.

        Raises
        ------
        UsageError, VideoError, OutputError
            As of :meth:`process`, of any of the files, and of :meth:`run_group`.
        """
        target = Path(output_dir)
        known = fingerprints or {camera.video: fingerprint_of(camera.video) for camera in ensemble.cameras}
        for path, fingerprint in known.items():
            refuse_video(target, path, fingerprint)
        refuse_people(target, () if gallery is None else gallery.names)
        prepare(target)
        output = OutputFolder(target, ensemble.cameras[0].video, name or ensemble.name)
        try:
            run = self.run_group(
                ensemble,
                gallery,
                max_frames=max_frames,
                audio_track=audio_track,
                observer=observer,
                name=output.name,
                fingerprints=known,
            )
            cutters = self._cutters(run)
            together = fingerprint_of_all(list(known.values()))
            stated = Statement(together, key, redo, facts or {}, files=known)
            threads = self._context.threads
            others = cutters if views == "all" else {}
            return write_down(run, self._open_sinks(), output, GroupCutter(run, cutters), stated, threads, others)
        except BaseException:
            output.discard()
            raise

    def _cutters(self, run: GroupRun) -> dict[str, CameraCutter]:
        """Return what cuts the video of each camera of a group, with what is heard."""
        made = {}
        for camera in run.group.cameras:
            heard = run.selection(camera).heard
            sound = partial(run.heard_by, camera)
            moved_by = partial(run.moved_for, camera)
            cutter = clipper(camera.video, sound, self.artefacts, camera.fingerprint, heard, moved_by)
            made[camera.name] = CameraCutter(camera, cutter)
        return made

    def lag(
        self,
        video: str | Path,
        *,
        audio_track: str | int | None = None,
        observer: Observer | None = None,
    ) -> MeasuredLag:
        """Measure by how much the sound of a video is early or late; every face counts, and nothing is written.

        Parameters
        ----------
        video, audio_track, observer
            As of :meth:`run`.

        Raises
        ------
        VideoError
            The video cannot be read, or has no sound.
        PluginError
            The speaker stage does not tell lags.
        """
        if not self._entered:
            raise RuntimeError("the pipeline is not open: use it in a with statement")
        selection = self._selection(video, None, WHOLE, None, audio_track)
        return measure_lag(selection, self, self.bound.profile, observer)

    def collect(self, output_dir: str | Path) -> None:
        """Have every sink write what is about the whole output folder; once, when all videos are done.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        _collect(self._open_sinks(), Path(output_dir))

    def _selection(
        self,
        video: str | Path,
        gallery: Gallery | None,
        part: TimeRange,
        max_frames: int | None,
        audio_track: str | int | None,
    ) -> VideoSelection:
        """Return what is asked for as one value; where no audio track is, that of the profile."""
        asked = "" if audio_track is None else str(audio_track).strip()
        track = asked or self.bound.profile.audio.track or ""
        return VideoSelection(Path(video), part, max_frames, track, gallery=gallery)

    def _run(
        self, selection: VideoSelection, fingerprint: str | None, observer: Observer | None, name: str | None
    ) -> VideoRun:
        if not self._entered:
            raise RuntimeError("the pipeline is not open: use it in a with statement")
        shelf = NO_SHELF if self.artefacts is None else partial(self._shelf, selection, fingerprint)
        of = partial(self._provenance, selection)
        return VideoRun(selection, self, self.bound.profile, of, observer=observer, name=name, shelf=shelf)

    def _shelf(self, selection: VideoSelection, fingerprint: str | None) -> Shelf:
        """Return what is known of a video."""
        self._keys.fetch(compared=selection.gallery is not None)
        keys = self._keys.kinds(
            fingerprint or fingerprint_of(selection.video),
            [selection.part.start, selection.part.end],
            selection.max_frames,
            selection.heard,
            aim_of(selection.gallery),
            compared=selection.gallery is not None,
        )
        return Shelf(self.artefacts, keys)

    def _provenance(
        self, selection: VideoSelection, reports: Mapping[str, Mapping[str, JsonValue]]
    ) -> dict[str, JsonValue]:
        """Return what a result records of how it came about. JSON-ready."""
        record = provenance(self.bound, self.registry, reports, self._sinks or ())
        people = None if selection.gallery is None else _of_gallery(selection.gallery)
        part = selection.part
        looked_at = {} if part == WHOLE else {"part": {"start": part.start, "end": part.end}}
        return {**record, "gallery": people, **looked_at}

    def _opened(self, role: str, bound: BoundStage) -> Stage:
        if role not in self._open:
            self._open[role] = self._stack.enter_context(bound.stage(bound.config, _own(self._context)))
        return self._open[role]

    def _open_sinks(self) -> list[Sink]:
        if self._sinks is None:
            self._sinks = _opened_sinks(self.bound, self._context, self._stack)
        return self._sinks


def _own(context: StageContext) -> StageContext:
    """Return what one stage is handed: the model files that it takes are recorded as its own."""
    return replace(context, models=context.models.apart())


def _no_shelf(selection: VideoSelection, fingerprint: str) -> Shelf:  # noqa: ARG001 - as of a pipeline that keeps something
    """Return that nothing is known of a video, and nothing is kept."""
    return NO_SHELF()


def _of_gallery(gallery: Gallery) -> dict[str, JsonValue]:
    """Return what a result records of a gallery."""
    people: dict[str, JsonValue] = {"persons": list(gallery.names), "wanted": sorted(gallery.wanted)}
    return {**people, "warnings": list(gallery.warnings)}


def _opened_sinks(bound: BoundProfile, context: StageContext, stack: ExitStack) -> list[Sink]:
    """Return the sinks of a profile, open until `stack` is left."""
    made = [sink.stage(sink.config, _own(context)) for sink in bound.sinks]
    return [cast("Sink", stack.enter_context(stage)) for stage in made]


def _collect(sinks: Sequence[Sink], output_dir: Path) -> None:
    """Have every sink write what is about a whole output folder."""
    with writing(f"to {output_dir}"):
        for sink in sinks:
            sink.collect(output_dir)


def collect(bound: BoundProfile, output_dir: Path) -> None:
    """Have the sinks of a profile write what is about a whole output folder; no other stage is opened.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    with ExitStack() as stack:
        _collect(_opened_sinks(bound, load_settings().stage_context(), stack), output_dir)

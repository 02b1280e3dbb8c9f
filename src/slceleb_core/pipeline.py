"""The pipeline: a bound profile, its stages opened once, and videos drawn through them. Composition only."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import cast

from typing_extensions import Self

from slceleb_core.identity import Gallery
from slceleb_core.media.cutting import MediaClipper
from slceleb_core.media.video import probe
from slceleb_core.output import OutputFolder, prepare, writing
from slceleb_core.photos import Photo, enroll, examine, list_photos
from slceleb_core.profile import BoundProfile, BoundStage, Profile, bind, load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.provenance import provenance
from slceleb_core.registry import Registry
from slceleb_core.run import Observer, OpenStages, VideoRun
from slceleb_core.settings import Settings, load_settings
from slceleb_core.sinks.broadcast import Broadcast
from slceleb_core.stages import Detector, Recognizer, Sink, SinkJob, Speaker, Stage, StageContext
from slceleb_core.types import JsonValue, Segment, Summary

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Processed:
    """A video whose results are on disk.

    Attributes
    ----------
    video
        The file.
    folder
        Where they are.
    segments
        What was found.
    summary
        Warnings, statistics, provenance.
    """

    video: Path
    folder: Path
    segments: tuple[Segment, ...]
    summary: Summary


class Pipeline:
    """Finds who is seen speaking, video after video.

    It is a context manager: stages are opened on entry (the recognizer and the sinks when first needed), and closed on
    exit. ::

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
    """

    def __init__(self, bound: BoundProfile, registry: Registry, context: StageContext) -> None:
        self.bound = bound
        self.registry = registry
        self._context = context
        self._stack = ExitStack()
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

        Raises
        ------
        UsageError
            The profile does not hold, or a plugin is missing.
        """
        known = registry or Registry.discover()
        chosen = profile if isinstance(profile, Profile) else load_profile(profile, overrides)
        return cls(bind(chosen, known), known, (settings or load_settings()).stage_context())

    def __enter__(self) -> Self:
        try:
            self._enter("detector", self.bound.detector)
            self._enter("speaker", self.bound.speaker)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open, self._sinks = {}, None
        self._stack.close()

    @property
    def recognizer(self) -> Recognizer:
        """The recognizer, opened when first asked for: without a gallery its model is not needed."""
        if "recognizer" not in self._open:
            self._enter("recognizer", self.bound.recognizer)
        return cast("Recognizer", self._open["recognizer"])

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
        return list(examine(people, cast("Detector", self._open["detector"]), self.recognizer))

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
        max_frames: int | None = None,
        observer: Observer | None = None,
        name: str | None = None,
    ) -> VideoRun:
        """Return the lazy result of one video; nothing is computed before it is iterated, nothing is written.

        Parameters
        ----------
        video
            The file.
        gallery
            The persons of interest; None: every face is scored and labelled by its track.
        max_frames
            Stop after so many frames.
        observer
            Told of each frame.
        name
            Prefix of segment ids; None: the file's stem.
        """
        if "detector" not in self._open:
            raise RuntimeError("the pipeline is not open: use it in a with statement")
        stages = OpenStages(
            cast("Detector", self._open["detector"]),
            cast("Speaker", self._open["speaker"]),
            None if gallery is None else self.recognizer,
        )
        return VideoRun(
            Path(video),
            stages,
            self.bound.profile,
            gallery,
            partial(self.provenance, gallery),
            max_frames=max_frames,
            observer=observer,
            name=name,
        )

    def process(
        self,
        video: str | Path,
        output_dir: str | Path,
        gallery: Gallery | None = None,
        *,
        max_frames: int | None = None,
        observer: Observer | None = None,
    ) -> Processed:
        """Run one video and write its results with the profile's sinks.

        Results are written aside and moved into place as a whole; when anything fails, nothing of this video is left,
        and what earlier runs wrote is untouched.

        Raises
        ------
        VideoError
            The video cannot be read.
        OutputError
            Results cannot be written.
        """
        path, target = Path(video), Path(output_dir)
        info = probe(path)
        prepare(target)
        output = OutputFolder(target, path)
        run = self.run(path, gallery, max_frames=max_frames, observer=observer, name=output.name)
        sinks = Broadcast(self._open_sinks(), run.timings)
        segments: list[Segment] = []
        try:
            with writing(f"the results of {path}"):
                for result in run.results():
                    if not sinks.started:
                        clips = MediaClipper(path, run.audio)
                        sinks.start(SinkJob(info, output.folder, target, output.name, clips))
                    sinks.take(result)
                    if isinstance(result, Segment):
                        segments.append(result)
                sinks.commit(run.summary)
                folder = output.publish()
        except BaseException:
            sinks.abort()
            output.discard()
            raise
        with writing(f"to {target}"):
            sinks.published(folder)
        return Processed(path, folder, tuple(segments), run.summary)

    def provenance(self, gallery: Gallery | None = None) -> dict[str, JsonValue]:
        """Return what a result records of how it came about, as far as it is known now. JSON-ready.

        Parameters
        ----------
        gallery
            The persons of interest; None: the recognizer is not used.
        """
        roles = ["detector", "speaker"] + ([] if gallery is None else ["recognizer"])
        record = provenance(self.bound, self.registry, [(role, self._open[role]) for role in roles])
        people = None if gallery is None else {"persons": list(gallery.names), "wanted": sorted(gallery.wanted)}
        return {**record, "gallery": people}

    def _enter(self, role: str, bound: BoundStage) -> Stage:
        stage = self._stack.enter_context(bound.stage(bound.config, self._context))
        self._open[role] = stage
        return stage

    def _open_sinks(self) -> list[Sink]:
        if self._sinks is None:
            made = [bound.stage(bound.config, self._context) for bound in self.bound.sinks]
            self._sinks = [cast("Sink", self._stack.enter_context(stage)) for stage in made]
        return self._sinks

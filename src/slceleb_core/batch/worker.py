"""Carrying out orders in this process: a pipeline that stays open, and a report for whatever happens."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

import cv2
from typing_extensions import Self

from slceleb_core.artefacts import ArtefactStore
from slceleb_core.batch.faults import fault_from
from slceleb_core.batch.item_files import fingerprints_of
from slceleb_core.batch.path_spelling import is_missing
from slceleb_core.decision.identity import Gallery
from slceleb_core.disk.fingerprint import Stamp, demand_unchanged, fingerprint_of_all
from slceleb_core.disk.output import statement_of
from slceleb_core.disk.removals import KeptOut
from slceleb_core.errors import GalleryError, OneVideoError, VideoError
from slceleb_core.jobs import BatchJob, Item, Order, Progressed, Report, report_from_json, report_to_json
from slceleb_core.perception.photos import demand_some, list_photos, wanted_among
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import BoundProfile, bind, profile_of
from slceleb_core.registry import Registry
from slceleb_core.run import Ensemble, Processed, Progress, report_on
from slceleb_core.settings import Settings
from slceleb_core.types import JsonValue, TimeRange, VideoInfo

log = logging.getLogger(__name__)

PHOTOS = "give a folder of photos with --poi-dir"

SIGN_OF_LIFE = 0.2
"""Seconds between two signs of life: a person sees no more, and a frame may take only a few milliseconds."""

Observe = Callable[[Progressed], None]
"""Told of signs of life; it must return quickly."""


class Worker:
    """Carries out the orders of a job, one after another; a context manager.

    The pipeline is opened for the first order that needs it, and stays open. After a fault of the program it is opened
    anew, so that what is left of one video cannot touch the next.

    Parameters
    ----------
    job
        What the orders share.
    registry
        The plugins; None: all that are installed.
    """

    def __init__(self, job: BatchJob, registry: Registry | None = None) -> None:
        self.job = job
        self._given = registry
        self._pipeline: Pipeline | None = None
        self._everyone: Gallery | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all models; called a second time it does nothing. The next order opens them again."""
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.__exit__(None, None, None)

    def process(self, order: Order, observe: Observe) -> Report:
        """Carry out an order and return what became of it; whatever goes wrong is in the report.

        Parameters
        ----------
        order
            The video.
        observe
            Told of signs of life, five times a second at most.
        """
        signs = _Signs(order, observe)
        fingerprint = ""
        try:
            signs.tell("reading")
            _look_for(order.item)
            read = _Read({path: Stamp.of(path) for path in order.item.files}, fingerprints_of(order.item))
            fingerprint = read.fingerprint
            for kept_out in self._kept_out():  # before any model is opened
                for path, known in read.fingerprints.items():
                    kept_out.refuse_video(path, known)
            return self._standing(order, fingerprint) or self._carry_out(order, read, signs)
        except Exception as error:
            fault = fault_from(error)
            if fault.kind == "unexpected":
                self._start_over()
            return Report(order.name, fault, fingerprint=fingerprint)

    def _kept_out(self) -> Iterator[KeptOut]:
        """Yield what must not come back: as the job has it, and as the folder has it now, where that is seen."""
        if self.job.kept_out is not None:
            yield self.job.kept_out
        yield KeptOut.of(self.job.output_dir)

    def _standing(self, order: Order, fingerprint: str) -> Report | None:
        """Return the report of results that stand already; the process may have died before anybody was told."""
        folder = self.job.output_dir / order.name
        report = existing_report(statement_of(folder), order, fingerprint)
        return None if report is None else replace(report, folder=folder)

    def _carry_out(self, order: Order, read: _Read, signs: _Signs) -> Report:
        item = order.item
        signs.tell("opening")
        pipeline = self._opened()
        gallery = self._gallery(pipeline, item, signs)
        read.demand_unchanged()  # models and thousands of photos may have taken hours
        processed = self._processed(pipeline, order, gallery, read, signs)
        return replace(_through_json(report_on(processed, read.fingerprint)), folder=processed.folder)

    def _processed(
        self, pipeline: Pipeline, order: Order, gallery: Gallery | None, read: _Read, signs: _Signs
    ) -> Processed:
        item, redo = order.item, "" if order.redo is None else order.redo.token
        if item.cameras:
            if (item.start, item.end) != (None, None):
                raise OneVideoError(f"the group {item.id} has a start or an end", "a group is looked at as a whole")
            return pipeline.process_group(
                Ensemble(item.id, item.cameras, item.microphone),
                self.job.output_dir,
                gallery,
                views=item.views,
                max_frames=self.job.max_frames,
                audio_track=item.audio_track or None,
                observer=signs.frame,
                name=order.name,
                fingerprints=read.fingerprints,
                key=order.key,
                redo=redo,
                facts=item.facts,
            )
        return pipeline.process(
            item.video,
            self.job.output_dir,
            gallery,
            part=_part(item),
            max_frames=self.job.max_frames,
            audio_track=item.audio_track or None,
            observer=signs.frame,
            name=order.name,
            fingerprint=read.fingerprint,
            key=order.key,
            redo=redo,
            facts=item.facts,
        )

    @cached_property
    def _registry(self) -> Registry:
        return self._given or Registry.discover()

    @cached_property
    def _bound(self) -> BoundProfile:
        tree = deepcopy(dict(self.job.profile))
        return bind(profile_of(tree, (), "of the batch"), self._registry)

    def _opened(self) -> Pipeline:
        if self._pipeline is None:
            if self.job.threads is not None:
                cv2.setNumThreads(self.job.threads)  # of the whole process: OpenCV knows no other way
            context = replace(Settings(**self.job.settings).stage_context(), threads=self.job.threads)
            folder = self.job.artefacts
            artefacts = None if folder is None else ArtefactStore(folder, redo=self.job.redo)
            photos = None if self.job.photos is None else ArtefactStore(self.job.photos, kinds=("photo",))
            self._pipeline = Pipeline(self._bound, self._registry, context, artefacts, photos).__enter__()
        return self._pipeline

    def _start_over(self) -> None:
        """Have the next order open its own pipeline, whatever becomes of this one."""
        try:
            self.close()
        except Exception:
            log.exception("the pipeline of a video that failed could not be closed")

    def _gallery(self, pipeline: Pipeline, item: Item, signs: _Signs) -> Gallery | None:
        """Return the gallery with the persons that are wanted in a video; the photos are looked at once."""
        if self.job.poi_dir is None:
            if item.poi:
                raise OneVideoError(f"{item.video}: asks for {', '.join(item.poi)}, but there are no photos", PHOTOS)
            return None
        if self._everyone is None:
            people = list_photos(self.job.poi_dir)
            for kept_out in self._kept_out():  # before anything is kept of their photos: these may have come since
                kept_out.refuse_people(people, self.job.poi_dir)
            photos = pipeline.examine(self.job.poi_dir, signs.photos)
            self._everyone = pipeline.gallery(photos, self.job.poi)
        asked = _asked_for(item, self._everyone)
        return replace(self._everyone, wanted=asked) if asked else self._everyone


def existing_report(stated: Mapping[str, JsonValue], order: Order, fingerprint: str) -> Report | None:
    """Return the report of results that stand, where they are those that an order asks for; else None.

    Parameters
    ----------
    stated
        What is stated of them (``output.statement_of``).
    order
        The order.
    fingerprint
        Of its video as it is now.
    """
    if not order.is_met_by(stated) or stated.get("fingerprint") != fingerprint:
        return None
    try:
        return report_from_json(stated["report"])
    except (KeyError, ValueError):
        return None


def _asked_for(item: Item, gallery: Gallery) -> frozenset[str]:
    """Return the names that a video asks for itself; none: it asks for nobody in particular."""
    if not item.poi:
        return frozenset()
    try:
        asked = wanted_among(item.poi, gallery.names)
        demand_some(asked, gallery.doubles)
    except GalleryError as error:
        raise OneVideoError(f"{item.video}: {error.message}", error.hint) from error
    return asked


def _look_for(item: Item) -> None:
    """Say why there is no file, in the words of where it is named, unless there is one by now."""
    for path, absence in item.absences():
        if absence is not None and is_missing(path):
            raise VideoError(absence.message, absence.hint)


def _through_json(report: Report) -> Report:
    """Return a report as the journal will have it, where what a plugin has put in is no JSON, as text."""
    return report_from_json(json.loads(json.dumps(report_to_json(report), default=str)))


def _part(item: Item) -> TimeRange:
    try:
        return TimeRange(item.start, item.end)
    except ValueError as error:
        raise OneVideoError(f"{item.video}: {error}", "correct its start and end") from error


@dataclass(frozen=True, slots=True)
class _Read:
    """The files of an item, as they were when it was begun."""

    stamps: Mapping[Path, Stamp | None]
    fingerprints: Mapping[Path, str]

    @property
    def fingerprint(self) -> str:
        """Of all of them, as one."""
        return fingerprint_of_all(list(self.fingerprints.values()))

    def demand_unchanged(self) -> None:
        """Raise where one of them is another file by now."""
        for path, known in self.fingerprints.items():
            demand_unchanged(path, self.stamps[path], known)


class _Signs:
    """Makes signs of life of what a run tells of each frame."""

    def __init__(self, order: Order, observe: Observe) -> None:
        self._name, self._item, self._observe = order.name, order.item, observe
        self._due = 0.0
        self._seconds: dict[str, float] = {}

    def tell(self, stage: str) -> None:
        """Tell what is being done before the first frame."""
        self._observe(Progressed(self._name, 0, 0.0, None, stage, {}))

    def photos(self, done: int, photos: int) -> None:
        """Tell how many photos are done, if it is time to: those of thousands of people take hours the first time."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + SIGN_OF_LIFE
            self.tell(f"photo {done:,} of {photos:,}")

    def frame(self, progress: Progress) -> None:
        """Tell how far it has come, if it is time to."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + SIGN_OF_LIFE
        stages = dict(progress.stages)
        stage = max(stages, key=lambda name: stages[name] - self._seconds.get(name, 0.0), default="")
        if progress.judged:
            stage = f"judged {progress.judged:,} of {progress.frames:,}"
        self._seconds = stages
        begin, duration = self._bounds(progress.video)
        self._observe(Progressed(self._name, progress.frames, max(progress.time - begin, 0.0), duration, stage, stages))

    def _bounds(self, video: VideoInfo) -> tuple[float, float | None]:
        """Return where what is looked at begins, in PTS seconds, and how long it is, as far as that is known."""
        begin = video.start if self._item.start is None else max(self._item.start, video.start)
        last = None if video.duration is None else video.start + video.duration
        ends = [end for end in (self._item.end, last) if end is not None]
        return begin, max(min(ends) - begin, 0.0) if ends else None

"""Composing the clips of `measure.py`, and detecting the faces on them once."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np

from slceleb_core.artefacts.keys import PERCEPTION
from slceleb_core.decision.attention import Attention, EconomyConfig
from slceleb_core.decision.operating import FixedPoint
from slceleb_core.evaluation.compose.cases import CASES, PAIRED
from slceleb_core.evaluation.compose.composer import ComposeConfig
from slceleb_core.evaluation.compose.options import HEIGHT
from slceleb_core.evaluation.compose.planning import plan
from slceleb_core.evaluation.compose.recipe import Recipe
from slceleb_core.evaluation.compose.rendering import render
from slceleb_core.evaluation.compose.sources import Source, find_sources, list_clips
from slceleb_core.evaluation.compose.speech import default_listener
from slceleb_core.evaluation.compose.variants import CLEAN, VARIANTS, VARIED_CASES
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.collaborators import Always, Needs
from slceleb_core.perception.shots import mark_shots
from slceleb_core.perception.thrift import ThriftyFinding
from slceleb_core.profile import BoundProfile, Profile, bind, load_profile
from slceleb_core.profiles import DEFAULT_PROFILE
from slceleb_core.registry import Registry
from slceleb_core.settings import load_settings
from slceleb_core.stages import MeshingDetector
from slceleb_core.timing import Timings
from slceleb_core.types import FACE_COLUMNS, Faces

SAME_PERSON = {"grid_pwij3p": "grid_s2"}
"""Clips of one talker under two names."""

SPLITS = {
    "choosing": ("talker_a", "grid_bbaf2n", "grid_lbax4n", "web_c"),
    "calibrating": ("talker_b", "grid_lrwp9a", "web_a", "web_b"),
    "final": ("grid_s2", "grid_swiz3n", "web_d", "web_late"),
}
"""Who is looked at when the signal and its windows are chosen, who when scores are made probabilities, and who once, at
the end. Each has talkers of the studio, of one corpus and of the web. Nobody is seen or heard in two of them."""

OWN_LAG = {"web_a": 0.1, "web_c": 0.1, "web_d": 0.1, "web_late": 0.24, "talker_a": -0.08}
"""Seconds by which the sound of a talker's clips is late as they were downloaded: as the default profile found it
first, in steps of 20 ms; for the last web talker as is written beside the clips. Others are within 40 ms."""

ACROSS = "across"
"""The split of wrong voices over a face that are taken from anybody: within a split there are few pairs. It is neither
chosen nor calibrated on."""

ACROSS_LIMIT = 24
"""Pairs of each case across the splits."""

Economy = dict[str, Any]
"""Options of ``economy`` in place of those of the default profile."""

QUICK_LIMIT = 1
"""Clips of each case and split in a quick run."""


@dataclass(frozen=True)
class Bench:
    """Everything to be scored.

    Attributes
    ----------
    recipes
        The clips.
    sources
        What they were made of, by name.
    videos
        The files, by clip.
    faces
        What was detected on them, by clip: npz files.
    labels
        How it was found when each talker speaks.
    """

    recipes: list[Recipe]
    sources: dict[str, Source]
    videos: dict[str, Path]
    faces: dict[str, Path]
    labels: str


def prepare(options: argparse.Namespace, work: Path) -> Bench:
    """Compose and detect, as far as that has not been done."""
    labels, listener = default_listener()
    clips, config = by_talker(options.clips, work / "talkers"), ComposeConfig()
    sources = find_sources(clips, listener, seconds=config.seconds, long=config.long, include=options.include)
    recipes = chosen(sources, options)
    named = {source.name: source for source in sources}
    told(f"{len(recipes)} clips of {len({s.talker for s in sources})} talkers")
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        videos = composed(recipes, named, work / "composed", pool, options.jobs)
        faces = detected(videos, options.economy, work / "faces" / detection(options.economy), pool)
    return Bench(recipes, named, videos, faces, labels)


def told(line: str) -> None:
    """Say how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def by_talker(folders: Sequence[Path], folder: Path) -> Path:
    """Return a folder of links, `<talker>/<clip>`, in which clips of one talker are together."""
    for name, path in itertools.chain.from_iterable(map(list_clips, folders)):
        link = folder / SAME_PERSON.get(name, name) / path.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path.resolve())
    return folder


def split_of(talker: str) -> str:
    """Return the split of a talker; of one whom the table does not have, by a hash of the name."""
    listed = (split for split, talkers in SPLITS.items() if talker in talkers)
    return next(listed, list(SPLITS)[zlib.crc32(talker.encode()) % len(SPLITS)])


def chosen(sources: Sequence[Source], options: argparse.Namespace) -> list[Recipe]:
    """Return the clips to score, split by split: the clean ones, and as many of each variant as are asked for.

    Behind those of all splits come pairs across them.
    """
    splits = {source.talker: split_of(source.talker) for source in sources}
    make = partial(plan, sources, seed=options.seed, splits=splits)
    limit = QUICK_LIMIT if options.quick else options.limit
    variants = () if options.quick else tuple(VARIANTS)
    recipes: list[Recipe] = []
    for split in SPLITS if options.split == "all" else [options.split]:
        recipes += make(cases=tuple(CASES), variants=(), limit=limit, split=split)
        varied = make(cases=VARIED_CASES, variants=variants, limit=options.variants, split=split)
        recipes += [recipe for recipe in varied if recipe.variant != CLEAN]
    return recipes + (across(sources, options) if options.split == "all" else [])


def across(sources: Sequence[Source], options: argparse.Namespace) -> list[Recipe]:
    """Return wrong voices over a face, those of every other talker, whatever their splits."""
    together = {source.talker: ACROSS for source in sources}
    limit = len(SPLITS) * QUICK_LIMIT if options.quick else ACROSS_LIMIT
    pairs = plan(sources, seed=options.seed, cases=PAIRED, variants=(), limit=limit, splits=together)
    return [replace(recipe, clip=f"{recipe.clip}-{ACROSS}") for recipe in pairs]


def composed(
    recipes: Sequence[Recipe], sources: dict[str, Source], folder: Path, pool: ProcessPoolExecutor, jobs: int
) -> dict[str, Path]:
    """Return the files, by clip; those whose recipe is not the one on record are composed."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [recipe for recipe in recipes if not (folder / f"{recipe.clip}-{digest(recipe)}.done").exists()]
    told(f"composing {len(missing)}")
    shares = [missing[job::jobs] for job in range(jobs)]
    list(pool.map(partial(_compose, sources=sources, folder=folder), shares))
    return {recipe.clip: folder / f"{recipe.clip}.mp4" for recipe in recipes}


def digest(recipe: Recipe) -> str:
    """Return a name for what a clip is made of."""
    text = json.dumps([recipe.seed, HEIGHT, recipe.parameters()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _compose(recipes: Sequence[Recipe], sources: dict[str, Source], folder: Path) -> None:
    for recipe in recipes:
        for record in folder.glob(f"{recipe.clip}-*.done"):
            record.unlink(missing_ok=True)
    for rendered in render(recipes, sources, folder, height=HEIGHT, lossless=False):
        (folder / f"{rendered.recipe.clip}-{digest(rendered.recipe)}.done").touch()


def detected(videos: dict[str, Path], economy: Economy, folder: Path, pool: ProcessPoolExecutor) -> dict[str, Path]:
    """Return the faces on each clip; clips that differ only in their sound share them."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = {clip: picture_key(path) for clip, path in videos.items()}
    work = {folder / f"{key}.npz": videos[clip] for clip, key in keys.items()}
    missing = [(video, target) for target, video in work.items() if not target.exists()]
    told(f"detecting on {len(missing)} of {len(work)} pictures")
    list(pool.map(partial(_detect, economy=economy), missing))
    return {clip: folder / f"{key}.npz" for clip, key in keys.items()}


def picture_key(video: Path) -> str:
    """Return a name for the encoded pictures of a file and their times."""
    digest = hashlib.sha256()
    with av.open(str(video)) as container:
        for packet in container.demux(container.streams.video[0]):
            digest.update(f"{packet.pts}".encode() + bytes(packet))
    return digest.hexdigest()[:24]


_OPEN: list[tuple[MeshingDetector, Profile]] = []


def _bound() -> BoundProfile:
    return bind(load_profile(DEFAULT_PROFILE), Registry.discover())


def detection(economy: Economy) -> str:
    """Return a name for what detects faces: another revision of it, or of what asks it, may find others."""
    stage = _bound().detector.stage
    name = f"{stage.name}-{stage.revision}-{PERCEPTION}"
    changed = "".join(f"-{key}-{value}" for key, value in sorted(economy.items()))
    return f"{name}{changed}"


def _detector() -> tuple[MeshingDetector, Profile]:
    """Return the default profile and its detector, opened once in each process."""
    if not _OPEN:
        bound = _bound()
        detector: Any = bound.detector.stage(bound.detector.config, load_settings().stage_context())
        detector.open()
        _OPEN.append((detector, bound.profile))
    return _OPEN[0]


def _detect(job: tuple[Path, Path], economy: Economy) -> None:
    video, target = job
    detector, profile = _detector()
    with VideoReader(video) as reader:
        detector.start(reader.info)
        frames = list(mark_shots(reader.frames(), profile.shots))
    everybody = Attention(0.0, None, FixedPoint(0.0))
    needs, tracking = Needs(Always(), pictures=False), profile.tracking  # one picture is shown with many sounds
    saved = EconomyConfig.model_validate({**profile.economy.model_dump(), **economy})
    finding = ThriftyFinding(detector, frames, saved, everybody, None, needs, tracking, 1, Timings())
    begin = time.perf_counter()
    found = [seen.faces for batch in finding.find() for seen in batch]
    save_faces(target, found, time.perf_counter() - begin)


def save_faces(target: Path, found: Iterable[Faces], seconds: float) -> None:
    """Write the faces of every frame."""
    faces = list(found)
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(face, name) for face in faces])
        for name in FACE_COLUMNS
        if all(getattr(face, name) is not None for face in faces)
    }
    partial_file = target.with_suffix(f".{os.getpid()}.part")  # several runs may share a work folder
    with partial_file.open("wb") as file:
        np.savez(file, counts=[len(face) for face in faces], seconds=seconds, **columns)
    partial_file.replace(target)


def load_faces(source: Path) -> tuple[list[Faces], float]:
    """Return the faces of every frame, and the seconds that it took to detect them."""
    with np.load(source) as data:
        columns = {name: data[name] for name in FACE_COLUMNS if name in data}
        edges = np.concatenate([[0], np.cumsum(data["counts"])])
        seconds = float(data["seconds"])
    rows = itertools.pairwise(edges)
    return [Faces(**{name: values[a:b] for name, values in columns.items()}) for a, b in rows], seconds

"""The whole of it: from a folder of clips to a folder of labelled hard cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, field_validator

from slceleb_core.decision.options import PolicyConfig
from slceleb_core.errors import OutputError, UsageError, did_you_mean
from slceleb_core.evaluation.compose.cases import CASES, FAMILIES
from slceleb_core.evaluation.compose.options import HEIGHT, LIMIT, LONG, SECONDS, SEED, Split
from slceleb_core.evaluation.compose.planning import plan
from slceleb_core.evaluation.compose.recipe import Recipe
from slceleb_core.evaluation.compose.rendering import Rendered, render
from slceleb_core.evaluation.compose.sources import LEAST_LONG, SHORTEST, Source, find_sources
from slceleb_core.evaluation.compose.speech import default_listener, read_labels
from slceleb_core.evaluation.compose.tables import (
    FACES,
    MANIFEST,
    REFERENCE,
    REGIONS,
    face_rows,
    manifest_rows,
    reference_rows,
    region_rows,
    write_table,
)
from slceleb_core.evaluation.compose.variants import VARIANTS


class ComposeConfig(PolicyConfig):
    """What to compose. `cases` and `variants` may name families (``natural``) and ``core``, ``all`` or ``none``."""

    seed: int = Field(default=SEED, ge=0, lt=2**32, description="Of every choice.")
    cases: tuple[str, ...] = Field(
        default=("all",), validate_default=True, description="Cases or families; core is natural and hard."
    )
    variants: tuple[str, ...] = Field(
        default=("all",), validate_default=True, description="Variants of the cases single, two and dub."
    )
    limit: int | None = Field(
        default=LIMIT, ge=1, description="Clips of each case and each of its variants at most; null for one a source."
    )
    split: Split = Field(default="all", description="The talkers to use: all, or those of fit or test.")
    include: tuple[str, ...] = Field(default=(), description="Patterns of the talkers to use; empty for all.")
    seconds: float = Field(
        default=SECONDS, ge=SHORTEST, le=30.0, description="How much of each source clip is used at most."
    )
    long: float = Field(
        default=LONG,
        ge=LEAST_LONG,
        le=60.0,
        description="How much of it where it takes long: the long cases, the late.",
    )
    height: int = Field(default=HEIGHT, ge=64, le=2160, multiple_of=2, description="Height of the canvas, in pixels.")
    lossless: bool = Field(default=False, description="FFV1 and FLAC in Matroska instead of H.264 and AAC in MP4.")

    @field_validator("cases")
    @classmethod
    def _known_cases(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return expand(names, CASES, {**FAMILIES, "core": (*FAMILIES["natural"], *FAMILIES["hard"])}, "case")

    @field_validator("variants")
    @classmethod
    def _known_variants(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return expand(names, VARIANTS, {"none": ()}, "variant")


@dataclass(frozen=True, slots=True)
class Composed:
    """What has been composed.

    Attributes
    ----------
    folder
        Where it is.
    clips
        Every clip.
    sources
        What they were made of, by name.
    labels
        How it was found when each talker speaks.
    """

    folder: Path
    clips: tuple[Rendered, ...]
    sources: dict[str, Source]
    labels: str

    def counts(self) -> dict[str, int]:
        """Return how many clips there are, by ``case/variant``."""
        return dict(Counter(f"{clip.recipe.case}/{clip.recipe.variant}" for clip in self.clips))


def expand(
    names: Sequence[str], known: Iterable[str], groups: dict[str, tuple[str, ...]], what: str
) -> tuple[str, ...]:
    """Return names, groups replaced by their members, each once, in the order of `known`.

    Raises
    ------
    UsageError
        A name is neither.
    """
    every = tuple(known)
    groups = {"all": every, **groups}
    for name in names:
        if name not in every and name not in groups:
            raise UsageError(f"no {what} is called {name!r}", did_you_mean(name, {*every, *groups}))
    wanted = {member for name in names for member in groups.get(name, (name,))}
    return tuple(name for name in every if name in wanted)


def prepare_folder(folder: Path, *, force: bool) -> None:
    """Make the output folder.

    Raises
    ------
    OutputError
        It holds something and `force` is not set, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise OutputError(f"{folder}: {(error.strerror or str(error)).lower()}", "choose another folder") from error
    if occupied and not force:
        raise OutputError(
            f"{folder}: is not empty", "choose another folder, or --force to write into it (nothing is deleted)"
        )


def compose(
    clips: Path,
    folder: Path,
    config: ComposeConfig | None = None,
    *,
    labels: Path | None = None,
    force: bool = False,
    observer: Callable[[int, int, Recipe], None] | None = None,
) -> Composed:
    """Compose labelled hard cases of a folder of single-talker clips.

    Parameters
    ----------
    clips
        Holds ``<talker>.mp4`` or ``<talker>/*.mp4``.
    folder
        Where clips, ``manifest.csv``, ``reference.csv``, ``regions.csv`` and ``faces.csv`` are written.
    config
        What to compose; None for everything.
    labels
        A table of when the talkers speak; None to find it out.
    force
        Whether to write into a folder that holds something. Files of the same names are replaced, none is deleted.
    observer
        Told, before each clip, its number from 1, how many there are, and what it is.

    Raises
    ------
    UsageError
        There are not enough clips, or the labels cannot be used.
    OutputError
        The folder is not empty, or cannot be written to.
    """
    config = config or ComposeConfig()
    name, listener = default_listener()
    spoken = None if labels is None else read_labels(labels)
    found = find_sources(
        clips, listener, seconds=config.seconds, long=config.long, labels=spoken, include=config.include
    )
    sources = {source.name: source for source in found}
    recipes = planned(found, config)
    prepare_folder(folder, force=force)
    told = _telling(recipes, observer)
    rendered = tuple(render(told, sources, folder, height=config.height, lossless=config.lossless))
    done = Composed(folder, rendered, sources, name if labels is None else "labels file")
    write_tables(done)
    return done


def planned(sources: Sequence[Source], config: ComposeConfig) -> list[Recipe]:
    """Return the recipes that a configuration asks for.

    Raises
    ------
    UsageError
        There is none.
    """
    chosen = plan(
        sources,
        seed=config.seed,
        cases=config.cases,
        variants=config.variants,
        limit=config.limit,
        split=config.split,
    )
    if not chosen:
        raise UsageError("no clip can be composed of these talkers", "give more talkers, or ask for other cases")
    return chosen


def _telling(recipes: Sequence[Recipe], observer: Callable[[int, int, Recipe], None] | None) -> Iterable[Recipe]:
    for number, recipe in enumerate(recipes, start=1):
        if observer is not None:
            observer(number, len(recipes), recipe)
        yield recipe


def write_tables(done: Composed) -> None:
    """Write the tables; the manifest last, so that where it is, everything is.

    Raises
    ------
    OutputError
        One cannot be written.
    """
    write_table(done.folder / "reference.csv", REFERENCE, reference_rows(done.clips, done.sources))
    write_table(done.folder / "regions.csv", REGIONS, region_rows(done.clips))
    write_table(done.folder / "faces.csv", FACES, face_rows(done.clips, done.sources))
    write_table(done.folder / "manifest.csv", MANIFEST, manifest_rows(done.clips, done.labels))

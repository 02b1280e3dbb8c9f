"""From the clips at hand to the list of clips to compose, every choice drawn from the seed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

import numpy as np

from slceleb_core.evaluation.compose.cases import CASES, LENGTHY, PAIRED, Cast, Draft, family_of
from slceleb_core.evaluation.compose.options import Split
from slceleb_core.evaluation.compose.recipe import Recipe, Treatment
from slceleb_core.evaluation.compose.sources import Source
from slceleb_core.evaluation.compose.variants import CLEAN, VARIANTS, VARIED_CASES, delayed

FIT: Split = "fit"
TEST: Split = "test"
"""The splits: one to choose and fit on, one to measure on."""

LEAST_TO_SPLIT = 4
"""Talkers: either split needs two."""


def generator(seed: int, *words: str) -> np.random.Generator:
    """Return random numbers that depend on nothing but the seed and some words: PCG64, the same on every platform."""
    return np.random.Generator(np.random.PCG64([seed, *(zlib.crc32(word.encode()) for word in words)]))


def split_talkers(talkers: Iterable[str], seed: int) -> dict[str, Split]:
    """Return the split of each talker: half of them fit, the others test; all test where they are fewer than four."""
    names = sorted(set(talkers))
    if len(names) < LEAST_TO_SPLIT:
        return dict.fromkeys(names, TEST)
    order = generator(seed, "split").permutation(len(names))
    return {names[int(place)]: FIT if rank < len(names) // 2 else TEST for rank, place in enumerate(order)}


def plan(
    sources: Sequence[Source],
    *,
    seed: int,
    cases: Sequence[str],
    variants: Sequence[str],
    limit: int | None = None,
    split: str = "all",
    splits: Mapping[str, str] | None = None,
) -> list[Recipe]:
    """Return the clips to compose.

    Parameters
    ----------
    sources
        The clips at hand.
    seed
        Of every choice. What is drawn for one clip does not depend on which others are asked for.
    cases, variants
        Names; variants come beside the clean cases, and only of `VARIED_CASES`.
    limit
        How many clips of each case and variant at most; None for one of each source.
    split
        Whose talkers.
    splits
        The split of each talker; None: half of them fit, the others test.
    """
    splits = splits or split_talkers((source.talker for source in sources), seed)
    short = in_rounds([source for source in sources if source.extent == "short"], splits)
    lengthy = in_rounds(longest(sources), splits)
    recipes = []
    for case in cases:
        for variant in (CLEAN, *(variants if case in VARIED_CASES else ())):
            made = _one_kind(case, variant, lengthy if case in LENGTHY else short, splits, seed)
            wanted = [recipe for recipe in made if split in ("all", recipe.split)]
            recipes.extend(wanted[:limit])
    return recipes


def longest(sources: Sequence[Source]) -> list[Source]:
    """Return the long parts of each clip; its short one where it has none."""
    divided = {source.path for source in sources if source.extent == "long"}
    return [source for source in sources if source.extent == "long" or source.path not in divided]


def in_rounds(sources: Sequence[Source], splits: Mapping[str, str]) -> list[Source]:
    """Return the clips so that those that come first are of as many talkers as there are, of all splits in turn."""
    ranked: dict[str, list[Source]] = {}
    for source in sorted(sources, key=lambda source: source.name):
        ranked.setdefault(source.talker, []).append(source)
    rows = (row for row in zip_longest(*(ranked[talker] for talker in sorted(ranked))))
    ordered = []
    for row in rows:
        present = [source for source in row if source is not None]
        names = sorted(set(splits.values()))
        sides = [[source for source in present if splits[source.talker] == side] for side in names]
        ordered += [source for pair in zip_longest(*sides) for source in pair if source is not None]
    return ordered


def _one_kind(case: str, variant: str, leads: Sequence[Source], splits: Mapping[str, str], seed: int) -> list[Recipe]:
    """Return a recipe for each cast that can play in it."""
    made: list[Recipe] = []
    for cast in _paired(case, leads, splits, seed) if case in PAIRED else _casts(case, leads, splits, seed):
        draft = CASES[case](cast)
        if draft is not None:
            name = f"{case}-{variant}-{len(made):03d}"
            drawn = generator(seed, case, variant, cast.lead.name)
            treatment = _treatment(variant, draft, cast.others, drawn)
            draft = delayed(draft, treatment.delay)
            made.append(_recipe(name, case, variant, splits[cast.lead.talker], draft, treatment, drawn))
    return made


def _casts(case: str, leads: Sequence[Source], splits: Mapping[str, str], seed: int) -> Iterator[Cast]:
    """Yield each lead among the others of the split."""
    for lead in leads:
        yield Cast(lead, _others(lead, leads, splits), generator(seed, case, lead.name))


def _paired(case: str, leads: Sequence[Source], splits: Mapping[str, str], seed: int) -> Iterator[Cast]:
    """Yield each lead with one other talker of the split, with the next one, and at last with all of them."""
    everybody = {lead.name: _others(lead, leads, splits) for lead in leads}
    partners = {name: sorted({other.talker for other in others}) for name, others in everybody.items()}
    for place in range(max(map(len, partners.values()), default=0)):
        for lead in leads:
            for talker in partners[lead.name][place : place + 1]:
                others = [other for other in everybody[lead.name] if other.talker == talker]
                yield Cast(lead, others, generator(seed, case, lead.name, talker))
    for cast in _casts(case, leads, splits, seed):
        if len(partners[cast.lead.name]) > 1:
            yield cast


def _others(lead: Source, sources: Sequence[Source], splits: Mapping[str, str]) -> list[Source]:
    same = [source for source in sources if splits[source.talker] == splits[lead.talker]]
    return [source for source in same if source.talker != lead.talker]


def _treatment(variant: str, draft: Draft, others: Sequence[Source], random: np.random.Generator) -> Treatment:
    """Return what a variant does to a case; a babble is made of those who are not in it, if there are enough."""
    if variant == CLEAN:
        return Treatment()
    busy = {voice.source for voice in draft.voices} | {part.source for face in draft.faces for part in face.parts}
    return VARIANTS[variant](random, [source for source in others if source.name not in busy] or list(others))


def _recipe(
    name: str,
    case: str,
    variant: str,
    split: str,
    draft: Draft,
    treatment: Treatment,
    random: np.random.Generator,
) -> Recipe:
    seed = int(random.integers(2**31))
    return Recipe(
        name,
        case,
        family_of(case),
        variant,
        split,
        seed,
        draft.duration,
        draft.faces,
        draft.voices,
        treatment,
        draft.lag,
    )

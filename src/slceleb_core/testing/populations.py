"""Segments that were never found in any video: their measures, and whether they are right, are drawn by known rules.

For whoever promises something about error rates, and must show that the promise is kept: of as many folders as are
needed, the truth is known. Errors come as they do in practice. A whole track is named wrongly, so all segments that one
video has of one person are wrong together; single stretches are no speech, or somebody else's; and some errors show in
no measure at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slceleb_core.precision.evidence import Kind, Label
from slceleb_core.precision.population import SECONDS, SPEAKING, Population
from slceleb_core.types import Array

KINDS: tuple[Kind, ...] = ("right", "wrong person", "not speaking", "someone else's voice", "bad cut")


@dataclass(frozen=True, slots=True)
class World:
    """How often things go wrong, and how they come.

    Attributes
    ----------
    wrong_person
        Share of a person's appearances in a video that are somebody else's: all their segments are wrong together.
    not_speaking, other_voice
        Shares of segments: they show in the measures of speech, and of the voice.
    unseen
        Share of segments that are wrong and show it nowhere.
    together
        Mean segments of one person in one video.
    blind
        Measures that tell nothing: their values are those of any segments.
    """

    wrong_person: float = 0.02
    not_speaking: float = 0.02
    other_voice: float = 0.005
    unseen: float = 0.001
    together: float = 3.0
    blind: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Segments, and the truth about them.

    Attributes
    ----------
    population
        The segments.
    kinds
        int64 [n]: places in :data:`KINDS`.
    """

    population: Population
    kinds: Array

    @property
    def right(self) -> Array:
        """Bool [n]."""
        return np.asarray(self.kinds == 0)

    def label(self, row: int, *, proves: bool, weight: float = 1.0) -> Label:
        """Return what somebody who looked would say of a segment."""
        population, kind = self.population, KINDS[self.kinds[row]]
        named = (population.ids[row], population.recordings[row], population.persons[row])
        return Label(*named, kind == "right", kind, weight, proves, "simulation")


def drawn_population(random: np.random.Generator, segments: int, world: World | None = None) -> Drawn:
    """Return as many segments as a folder of such a world might hold."""
    world = world or World()
    clusters = _clusters(random, segments, world.together)
    kinds = _kinds(random, clusters, world)
    measures = _measures(random, clusters, kinds)
    for name in sorted(world.blind):
        measures[name] = random.permutation(measures[name])
    population = Population(
        ids=tuple(f"v{number}-{row:06d}" for row, number in enumerate(clusters)),
        recordings=tuple(f"v{number}" for number in clusters),
        persons=tuple(f"p{number % 40}" for number in clusters),
        starts=np.zeros(segments),
        ends=measures[SECONDS],
        present=np.ones(segments, dtype=bool),
        measures=measures,
    )
    return Drawn(population, kinds)


def _clusters(random: np.random.Generator, segments: int, together: float) -> Array:
    sizes = random.geometric(1.0 / together, segments)
    return np.repeat(np.arange(segments), sizes)[:segments]


def _kinds(random: np.random.Generator, clusters: Array, world: World) -> Array:
    """Return the kind of each, as places in KINDS."""
    chance = random.random(len(clusters))
    edges = np.cumsum([world.not_speaking, world.other_voice, world.unseen])
    kinds = np.select([chance < edges[0], chance < edges[1], chance < edges[2]], [2, 3, 4], 0)
    misnamed = random.random(clusters.max() + 1) < world.wrong_person
    return np.where(misnamed[clusters], 1, kinds)


def _measures(random: np.random.Generator, clusters: Array, kinds: Array) -> dict[str, Array]:
    count = len(clusters)
    normal = random.standard_normal
    misnamed, silent, other = kinds == 1, kinds == 2, kinds == 3
    near = normal(clusters.max() + 1)[clusters]
    similarity = np.clip(0.62 - 0.2 * misnamed + 0.08 * near + 0.03 * normal(count), 0.364, 1.0)
    margin = np.clip(similarity - 0.3 + 0.08 * normal(clusters.max() + 1)[clusters], 0.051, 1.0)
    seconds = np.clip(np.exp(0.9 + 0.6 * normal(count)), 1.0, 30.0)
    odds = 2.0 - 2.2 * silent - 1.0 * other + 0.7 * normal(count)
    speaking = 1.0 / (1.0 + np.exp(-np.maximum(odds, 0.0)))
    chance = np.clip(np.exp(-4.0 - seconds / 3 + 2.0 * silent + 1.0 * other + 0.8 * normal(count)), 0.0, 0.05)
    rival = np.clip(0.15 + 0.2 * other + 0.1 * silent + 0.1 * normal(count), 0.0, 0.5)
    voice = 0.65 - 0.4 * (misnamed | other) + 0.12 * normal(count)
    return {
        "similarity": similarity,
        "margin": margin,
        "asd": np.clip(speaking + 0.1 * np.abs(normal(count)), 0.5, 1.0),
        SPEAKING: speaking,
        "chance": chance,
        "other_speaker": rival,
        "offset": np.clip(40.0 * np.abs(normal(count)), 0.0, 185.0),
        "voice": np.where(seconds >= 2.0, voice, np.nan),
        "length": seconds - 0.2,
        "face size": np.exp(4.5 + 0.5 * normal(clusters.max() + 1)[clusters]),
        SECONDS: seconds,
    }

"""Which voice stage a corpus is judged with, and against which limits: as it was last, or as its profile says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from slceleb_core.corpus.reading import Corpus
from slceleb_core.decision.gates import OVER_CORPUS, GateConfig
from slceleb_core.profile import StageUse
from slceleb_core.types import JsonValue


@dataclass(frozen=True, slots=True)
class Limits:
    """What voices are measured against; the attributes are those of the profile's section ``gates``.

    Attributes
    ----------
    min_voice, min_one_voice
        Least log10 ratios; None: any.
    short_voices
        Whether short segments are compared with an enrolment.
    """

    min_voice: float | None
    min_one_voice: float | None
    short_voices: bool

    @classmethod
    def of(cls, gates: GateConfig) -> Limits:
        """Return those of a profile."""
        return cls(gates.min_voice, gates.min_one_voice, gates.short_voices)

    def to_json(self) -> dict[str, JsonValue]:
        """Return them JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a corpus is judged.

    Attributes
    ----------
    voice
        The stage; None: nobody has named one.
    limits
        What it is measured against.
    """

    voice: StageUse | None
    limits: Limits


USUAL = Limits.of(GateConfig())


def asked_of(corpus: Corpus) -> Asked:
    """Return how most videos of a corpus were judged last, or how their profiles say."""
    found: Counter[tuple[str, Limits]] = Counter()
    for recording in corpus.recordings:
        asked = _asked(recording.report().get("provenance") or {})
        if asked is not None and asked.voice is not None:
            found[asked.voice.model_dump_json(), asked.limits] += 1
    if not found:
        return Asked(None, USUAL)
    (voice, limits), _ = found.most_common(1)[0]
    return Asked(StageUse.model_validate_json(voice), limits)


def _asked(provenance: Mapping[str, Any]) -> Asked | None:
    """Return how one video was judged or is to be; None where that cannot be read: it is of another version."""
    profile = provenance.get("profile") or {}
    told = (provenance.get("stages") or {}).get("voice") or {}
    use = told.get("use") or profile.get("voice")
    gates = told.get("gates") or profile.get("gates") or {}
    chosen = {name: limit for name, limit in gates.items() if name in OVER_CORPUS}
    try:
        voice = None if use is None else StageUse.model_validate(use)
        return Asked(voice, Limits.of(GateConfig.model_validate(chosen)))
    except ValidationError:
        return None

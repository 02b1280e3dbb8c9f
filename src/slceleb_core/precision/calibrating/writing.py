"""The profile that a calibration ends in: that of the folder, with limits, and the evidence for them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from slceleb_core.artefacts.promises import digest_of_promise
from slceleb_core.decision.evidence import EvidenceConfig
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.precision.calibrating.calibration import Calibration, Standing
from slceleb_core.precision.calibrating.made import Made
from slceleb_core.precision.calibrating.paths import VOICE
from slceleb_core.precision.calibrating.wording import exact
from slceleb_core.precision.population import Population
from slceleb_core.profile import Profile, profile_of

HEAD = """\
# Written by `slceleb calibrate`: at least {precision} of the segments that these limits keep are right, at a confidence
# of {confidence}; of {labels} labels of what they keep {errors} were wrong. It holds for videos like those that were
# labelled, and for no change to this file but to its sinks: see docs/precision.md.
"""


def calibrated_profile(made: Made, calibration: Calibration, chosen: Standing, population: Population) -> Profile:
    """Return the profile of a folder with the limits of a point and the evidence for them.

    Raises
    ------
    ProfileError
        The folder's profile is none of this program's version.
    """
    tree: dict[str, Any] = deepcopy({name: value for name, value in made.profile.items() if name != "evidence"})
    tree["gates"] = _limited(tree.get("gates") or {}, chosen.point.limits)
    plain = profile_of(tree, (), "of the folder")
    wish, bound = calibration.wish, calibration.low or 0.0
    evidence = EvidenceConfig(
        target=wish.target,
        confidence=wish.confidence,
        bound=round(bound, 6),
        labels=chosen.labels,
        errors=chosen.errors,
        clusters=chosen.clusters,
        taught=calibration.taught if calibration.learned else 0,
        path=dict(calibration.path.weights),
        kept_seconds=round(chosen.seconds, 3),
        of_seconds=round(calibration.whole.seconds, 3),
        corpus=population.digest(),
        stages={role: dict(stage) for role, stage in made.stages.items()},
        made=utc_timestamp(),
    )
    sealed = evidence.model_copy(update={"profile": digest_of_promise(plain.model_dump(mode="json"), evidence)})
    return plain.model_copy(update={"evidence": sealed})


def write_profile(path: Path, profile: Profile) -> None:
    """Write a profile as YAML.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    evidence = profile.evidence
    head = "" if evidence is None else _head(evidence)
    text = yaml.safe_dump(profile.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)
    write_durably(path, (head + text).encode())


def _head(evidence: EvidenceConfig) -> str:
    return HEAD.format(
        precision=exact(evidence.target),
        confidence=exact(evidence.confidence),
        labels=evidence.labels,
        errors=evidence.errors,
    )


def _limited(gates: Mapping[str, Any], limits: Mapping[str, float]) -> dict[str, Any]:
    """Return the section of gates with further limits in it; those that held already are looser, or of other gates."""
    further = {name: limit for name, limit in limits.items() if name != VOICE}
    own = {name: limit for name, limit in (gates.get("stricter") or {}).items() if name not in further}
    voice = {} if VOICE not in limits else {"min_voice": limits[VOICE]}
    return {**gates, "stricter": {**own, **further}, **voice}

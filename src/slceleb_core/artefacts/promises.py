"""Whether the evidence in a profile is about that profile, and about the plugins and models that are used here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slceleb_core.artefacts.keys import digest
from slceleb_core.artefacts.provenance import MODEL_FILES, identities
from slceleb_core.decision.evidence import EvidenceConfig
from slceleb_core.errors import ProfileError
from slceleb_core.profile import BoundProfile
from slceleb_core.registry import Registry
from slceleb_core.types import JsonValue

UNPROMISED = frozenset({"evidence", "sinks"})
"""Sections of a profile on which no promise depends: what is written of a segment makes it no better."""

IDENTITY = ("name", "distribution", "version", "revision", "sources", "made_of")
"""What tells a stage from another one."""

REFUSED = "label some segments of this one and calibrate again; or remove the section evidence, and nothing is promised"


def digest_of_profile(resolved: Mapping[str, Any]) -> str:
    """Return the hash of what decides a result, of a profile with every default written out."""
    return digest({name: section for name, section in resolved.items() if name not in UNPROMISED})


def digest_of_promise(resolved: Mapping[str, Any], evidence: EvidenceConfig) -> str:
    """Return the hash of what is promised, by which evidence, and of the profile that it is about."""
    told = {name: value for name, value in evidence.model_dump(mode="json").items() if name != "profile"}
    return digest([digest_of_profile(resolved), told])


def stages_of(stated: Mapping[str, Any]) -> dict[str, dict[str, JsonValue]]:
    """Return by which stages results were found, each with its model files, of what a result states of them."""
    return {
        role: {**{name: stage[name] for name in IDENTITY if name in stage}, "models": dict(_files(stage))}
        for role, stage in stated.items()
        if not role.startswith("sink")
    }


def check_promise(bound: BoundProfile, registry: Registry) -> None:
    """Refuse a profile whose evidence is about another one, about other plugins, or was changed.

    Raises
    ------
    ProfileError
        It is so.
    """
    evidence = bound.profile.evidence
    if evidence is None:
        return
    here = identities(bound, registry)
    for role, known in evidence.stages.items():
        changed = [name for name in IDENTITY if role in here and known.get(name) != here[role].get(name)]
        if changed:
            told = ", ".join(f"{name} {known.get(name)} then, {here[role].get(name)} now" for name in changed)
            raise ProfileError(f"evidence: it is about another {role}: {told}", REFUSED)
    if evidence.profile != digest_of_promise(bound.resolved(), evidence):
        raise ProfileError("evidence: the profile was changed after it was calibrated: its promise is void", REFUSED)


def other_models(evidence: EvidenceConfig | None, reports: Mapping[str, Mapping[str, JsonValue]]) -> Iterator[str]:
    """Yield, in words, which model files that were used are others than those that the evidence in a profile is about.

    It is known only when a stage has opened them, so it is a warning that is kept with the results.
    """
    for role, known in ({} if evidence is None else evidence.stages).items():
        used = dict(_files(reports.get(role, {})))
        for name, sha256 in (known.get("models") or {}).items():
            if name in used and used[name] != sha256:
                yield f"the evidence of the profile is about another {name}: nothing is promised of these results"


def _files(stage: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for file in stage.get(MODEL_FILES) or ():
        yield str(file.get("name") or file.get("file") or ""), str(file.get("sha256") or "")

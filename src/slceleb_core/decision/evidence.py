"""What a profile's limits promise, and by what evidence: carried along with them, so that nobody has to believe it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from slceleb_core.decision.options import PolicyConfig


class EvidenceConfig(PolicyConfig):
    """By which labels limits were chosen, and what is promised of what they keep. It decides nothing."""

    target: float = Field(gt=0, lt=1, description="Precision that is promised: the share of segments that are right.")
    confidence: float = Field(gt=0, lt=1, description="How often such a promise is kept, at least.")
    bound: float = Field(ge=0, le=1, description="What the precision is at least, at that confidence.")
    labels: int = Field(ge=0, description="Labels that prove, of what is kept.")
    errors: int = Field(ge=0, description="Of those, how many were wrong.")
    clusters: int = Field(ge=0, description="How many appearances of a person in a video those labels are of.")
    taught: int = Field(default=0, ge=0, description="Labels that helped to choose the path and proved nothing.")
    path: dict[str, float] = Field(
        default_factory=dict, description="How much each measure was tightened against the others, along the path."
    )
    kept_seconds: float = Field(default=0.0, ge=0, description="What the limits kept of the folder of the labels.")
    of_seconds: float = Field(default=0.0, ge=0, description="How much that folder held without them.")
    corpus: str = Field(default="", description="Hash of the segments that were labelled and of all their measures.")
    profile: str = Field(
        default="",
        description="Hash of all else in this section, and of all in this profile that decides a result: with another "
        "it is void.",
    )
    stages: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="The plugins and model files by which the segments were found."
    )
    made: str = Field(default="", description="When, UTC.")

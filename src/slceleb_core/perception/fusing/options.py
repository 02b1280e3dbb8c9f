"""Options of the stage ``fuse``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from slceleb_core.stages import LEARNED, Learned, StageConfig

RuleName = Literal["raise", "logit-mean", "min"]

Weight = Annotated[float, Field(gt=0.0, le=1000.0)]
"""A stage that is not to count is left out."""


class Member(BaseModel):
    """One of the stages that are fused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: str = Field(description="name of a speaker stage, as `slceleb plugins list` shows it")
    options: dict[str, Any] = Field(default_factory=dict, description="its own options")


class FuseConfig(StageConfig):
    """Options of :class:`~slceleb_core.perception.fusing.stage.FuseSpeaker`."""

    of: tuple[Member, ...] = Field(
        min_length=2,
        description="the stages. The first is the one that gates go by: lag, chance and overlap are as it says, and "
        "those of the others count where it says nothing of one",
    )
    rule: RuleName = Field(
        default="raise",
        description="raise: as the first says, or higher where the mean of all log odds is, but only where by the "
        "first the lips go with the sound better than by chance, and no other face is likelier. logit-mean: the mean "
        "of all log odds. min: as the one says that says the least",
    )
    weights: tuple[Weight, ...] | None = Field(
        default=None,
        description="how much each counts in the mean of log odds, in the order of `of`; null: all alike",
    )
    learned: Learned | None = LEARNED
    evidence: float = Field(
        default=0.05,
        ge=0.0,
        le=1.0,
        description="of rule raise: how likely it may be at most that the first stage's lips go with the sound by "
        "chance (its p-value) where the others can raise a score",
    )

    @model_validator(mode="after")
    def _a_weight_each(self) -> Self:
        if self.weights is None:
            return self
        if len(self.weights) != len(self.of):
            raise ValueError(f"weights: {len(self.weights)} for {len(self.of)} stages")
        return self

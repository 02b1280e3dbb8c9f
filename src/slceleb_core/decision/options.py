"""What the option models of the core's own policies share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class PolicyConfig(BaseModel):
    """Options of one of the core's decisions. They are declared beside the code that they steer, and only there."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

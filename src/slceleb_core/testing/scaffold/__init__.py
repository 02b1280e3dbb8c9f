"""A complete package for a plugin, to start one's own from: ``slceleb plugins new``.

Each role has a small backend that works, says what it is worth, and keeps the contract: what is generated installs, and
passes its own tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from slceleb_core import __version__
from slceleb_core.errors import OutputError, UsageError, did_you_mean

ROLES = ("detector", "recognizer", "speaker", "voice", "generator", "sink", "runner")
"""What a plugin can be."""

NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
"""What a profile can call a stage, and what can be part of the names of a distribution and of a module."""

FURTHER: Mapping[str, tuple[str, ...]] = {
    "detector": ("numpy>=1.26", "opencv-python>=4.10"),
    "recognizer": ("numpy>=1.26", "opencv-python>=4.10"),
    "speaker": ("numpy>=1.26",),
    "voice": ("numpy>=1.26",),
    "generator": ("numpy>=1.26",),
}
"""What the backend of a role imports, beside the core."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is to be written.

    Attributes
    ----------
    role, name
        Of the stage.
    """

    role: str
    name: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError(f"there is no role {self.role!r}", did_you_mean(self.role, ROLES))
        if not NAME.fullmatch(self.name):
            hint = "small letters and digits, parted by single hyphens or underscores, such as yunet or my-net"
            raise UsageError(f"{self.name!r} cannot be the name of a plugin", hint)

    @property
    def distribution(self) -> str:
        """What pip calls it."""
        return f"slceleb-{self.role}-{self.name.replace('_', '-')}"

    @property
    def module(self) -> str:
        """What is imported."""
        return self.distribution.replace("-", "_")

    @property
    def stem(self) -> str:
        """The name in capitals, as classes have it."""
        return "".join(part.capitalize() for part in re.split("[-_]", self.name))

    def files(self) -> dict[str, str]:
        """Return the text of every file, by its path in the package's folder."""
        source = f"src/{self.module}"
        templates = {
            "pyproject.toml": "pyproject.toml",
            "README.md": "README.md",
            "noxfile.py": "noxfile.py",
            f"{source}/__init__.py": "plugin.py",
            f"{source}/{self.role}.py": f"{self.role}/stage.py",
            "tests/test_conformance.py": "test_conformance.py",
            f"tests/test_{self.role}.py": f"{self.role}/tests.py",
        }
        values = self._values()
        made = {path: _templates().get_template(f"{name}.jinja").render(values) for path, name in templates.items()}
        return {**made, f"{source}/py.typed": ""}

    def _values(self) -> dict[str, object]:
        return {
            "role": self.role,
            "name": self.name,
            "distribution": self.distribution,
            "module": self.module,
            "stem": self.stem,
            "class_name": f"{self.stem}{self.role.capitalize()}",
            "config_name": f"{self.stem}Config",
            "requirements": (f"slceleb-core{_this_line()}", *FURTHER.get(self.role, ())),
        }


def write(package: Package, into: Path) -> Path:
    """Write a package into a folder of its own, and return that folder.

    Parameters
    ----------
    package
        Which.
    into
        Where its folder is made; it is made itself where it is not there.

    Raises
    ------
    UsageError
        There is something of that name already.
    OutputError
        It cannot be written.
    """
    folder = into / package.distribution
    try:
        into.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        for path, text in package.files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except FileExistsError:
        there = folder if folder.exists() else into
        raise UsageError(f"{there} is there already", "name the plugin otherwise, or add --into DIR") from None
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror}", "add --into DIR") from error
    return folder


@cache
def _templates() -> Environment:
    """Return what fills the templates; a value that is missing is an error."""
    loader = PackageLoader(__name__)
    return Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - no markup


def _this_line() -> str:
    """Return which versions of the core keep the contract that this one has."""
    major, minor = (int(part) for part in __version__.split(".")[:2])
    return f">={major}.{minor},<{major}.{minor + 1}"

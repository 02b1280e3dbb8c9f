"""Merge `pip freeze` lists of several Pythons into constraints.txt.

Usage: ``python scripts/constraints.py 3.10=FREEZE 3.11=FREEZE ... > constraints.txt``. Each list comes from a fresh
virtual environment of that Python, with the core, all plugins and the development tools installed unpinned.
"""

from __future__ import annotations

import sys
from pathlib import Path

OURS = "slceleb"


def read(argument: str) -> tuple[str, dict[str, str]]:
    """Return the Python version, and the versions of its freeze list by package."""
    python, _, path = argument.partition("=")
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    pins = (line.split("==") for line in lines if "==" in line and not line.startswith(OURS))
    return python, {name.lower().replace("_", "-"): version for name, version in pins}


def lines(lists: dict[str, dict[str, str]]) -> list[str]:
    """Return a line a package where all Pythons agree, else one a version with its Pythons."""
    result = []
    for package in sorted({name for pins in lists.values() for name in pins}):
        versions: dict[str, list[str]] = {}
        for python, pins in lists.items():
            if package in pins:
                versions.setdefault(pins[package], []).append(python)
        if len(versions) == 1:
            result.append(f"{package}=={next(iter(versions))}")
            continue
        for version, pythons in versions.items():
            marker = " or ".join(f'python_version == "{python}"' for python in pythons)
            result.append(f"{package}=={version} ; {marker}")
    return result


def main() -> None:
    """Write the merged list to standard output."""
    print("# Versions that every session of the noxfile installs; names and versions only.")
    print("\n".join(lines(dict(map(read, sys.argv[1:])))))


if __name__ == "__main__":
    main()

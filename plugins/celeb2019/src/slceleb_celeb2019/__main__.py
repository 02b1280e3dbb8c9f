"""``slceleb-celeb2019 FOLDER TARGET``: rebuild both networks as ONNX files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from slceleb_celeb2019.networks import convert
from slceleb_core.errors import SlcelebError


def main(arguments: list[str] | None = None) -> int:
    """Rebuild both networks, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="slceleb-celeb2019",
        description="Rebuild the networks of the CN-Celeb pipeline of 2019 as ONNX files; MXNet is not needed.",
    )
    parser.add_argument("folder", type=Path, help="where the four files of MXNet's lie")
    parser.add_argument("target", type=Path, help="the folder to write to")
    given = parser.parse_args(arguments)
    try:
        for path in convert(given.folder, given.target):
            sys.stdout.write(f"{path}\n")
    except SlcelebError as error:
        hint = f"\n    {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error.message}{hint}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

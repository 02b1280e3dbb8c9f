"""Examples with output in the documentation: run as they stand, and compared with what the page says.

An example is a block of shell commands (``sh``) with a block of ``text`` right behind it, in the README or in a page of
``docs``. All run in one folder that looks as the quick start says: ``interview.mp4``, ``poi`` with a photo, and the
checkout's ``scripts`` and ``examples``. The clip and the photo are the demo's (``scripts/demo.py``). ::

    python scripts/docs/examples.py            # says which examples are stale
    python scripts/docs/examples.py --write    # puts what the commands say into the pages
"""

from __future__ import annotations

import argparse
import importlib.metadata
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from demo import CLIP, PACKAGE, PHOTO  # noqa: E402 - after the path is set

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

EXAMPLE = re.compile(r"^```sh\n((?:(?!^```).*\n)+)```\n\n```text\n((?:(?!^```).*\n)+)```$", re.MULTILINE)
FILE = re.compile(r"`(\S+)`:\n\n```csv\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A file that the commands of its page read: its name, and its content."""

PASSING = (
    (re.compile(r"(?m)^(?:ok|warning)  ([a-z ]+): .*\n(?:  .*\n)*"), r"\1\n"),  # what the doctor finds is the machine's
    (re.compile(r"(?m)^(.+\n)\1+"), r"\1"),
    (re.compile(r"\b\d+\.\d+\.\d+\b"), "VERSION"),  # of packages, which are pinned elsewhere
    (re.compile(r"(?m)^time: .*$"), "TIME"),
    (re.compile(r"(?m)^( \S+  done  .*)  \d+\.\d$"), r"\1  SPEED"),
)
"""What differs from one machine to the next, and what stands for it while output is compared."""

NUMBER = re.compile(r"\d+(?:\.\d+)?")

TOLERANCE = 0.03
"""How far figures may differ, and which part of them: networks round differently on different processors."""


@dataclass(frozen=True)
class Example:
    """Commands of a page, and the output that the page shows.

    Attributes
    ----------
    page
        The file.
    commands
        A text for the shell.
    output
        What the page says.
    """

    page: Path
    commands: str
    output: str

    def __str__(self) -> str:
        """Return where it stands, and its first line."""
        return f"{self.page.relative_to(ROOT)}: {self.commands.splitlines()[0]}"


def examples() -> list[Example]:
    """Return every example of the documentation."""
    return [
        Example(page, *found.groups()) for page in PAGES for found in EXAMPLE.finditer(page.read_text(encoding="utf-8"))
    ]


def essence(output: str) -> str:
    """Return output without what passes: versions, times, the widths of tables, the findings about a machine."""
    lines = [re.sub(r"─+", "─", re.sub(r" {2,}", "  ", line.rstrip())) for line in output.splitlines()]
    text = "\n".join(line for line in lines if line) + "\n"
    for pattern, stand_in in PASSING:
        text = pattern.sub(stand_in, text)
    return text


def alike(output: str, shown: str) -> bool:
    """Tell whether output is what is shown: the same words, and figures that are within :data:`TOLERANCE`."""
    now, then = essence(output), essence(shown)
    if NUMBER.sub("#", now) != NUMBER.sub("#", then):
        return False
    pairs = zip(NUMBER.findall(now), NUMBER.findall(then), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=TOLERANCE, abs_tol=TOLERANCE) for a, b in pairs)


class Desk:
    """A folder in which the commands of the documentation are carried out, each once.

    Parameters
    ----------
    folder
        Empty.
    environment
        Of the commands, beside this process's own.
    """

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._said: dict[str, str] = {}
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        terminal = {"COLUMNS": "160", "TERM": "dumb", "NO_COLOR": "1", "XDG_CONFIG_HOME": str(folder / "settings")}
        self._environment = {**os.environ, **terminal, **(environment or {}), "PATH": tools}
        package = importlib.metadata.distribution(PACKAGE)
        shutil.copyfile(str(package.locate_file(CLIP)), folder / "interview.mp4")
        (folder / "poi" / "Barack Obama").mkdir(parents=True)
        shutil.copyfile(str(package.locate_file(PHOTO)), folder / "poi" / "Barack Obama" / "1.jpg")
        for name in ("scripts", "examples"):
            (folder / name).symlink_to(ROOT / name)
        for page in PAGES:
            for name, content in FILE.findall(page.read_text(encoding="utf-8")):
                (folder / name).write_text(content, encoding="utf-8")

    def say(self, commands: str) -> str:
        """Return what the commands print on standard output, and, where they fail, on standard error."""
        if commands not in self._said:
            done = subprocess.run(
                ["bash", "-c", commands],
                cwd=self.folder,
                env=self._environment,
                capture_output=True,
                text=True,
                check=False,
            )
            output = done.stdout if done.returncode == 0 else done.stdout + done.stderr
            lines = [line.rstrip() for line in output.splitlines()]
            self._said[commands] = "\n".join(lines).strip("\n") + "\n"
        return self._said[commands]


def stale(desk: Desk) -> Iterator[tuple[Example, str]]:
    """Yield the examples whose output is another now, with what it is."""
    for example in examples():
        output = desk.say(example.commands)
        if not alike(output, example.output):
            yield example, output


def write(example: Example, output: str) -> None:
    """Put another output into the page of an example."""
    text = example.page.read_text(encoding="utf-8")
    before, after = (f"```sh\n{example.commands}```\n\n```text\n{said}```" for said in (example.output, output))
    example.page.write_text(text.replace(before, after), encoding="utf-8")


def main() -> int:
    """Check the pages, or write them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put what the commands say into the pages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = list(stale(Desk(Path(folder))))
    for example, output in found:
        if arguments.write:
            write(example, output)
        print(f"{'written' if arguments.write else 'stale'}: {example}")
    return 1 if found and not arguments.write else 0


if __name__ == "__main__":
    sys.exit(main())

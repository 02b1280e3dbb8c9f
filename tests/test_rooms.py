"""The house: what stands where, and that the walls between the rooms hold (pyproject.toml, importlinter)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is not installed")

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "src" / "slceleb_core"
MOST_MODULES, MOST_FOLDERS = 16, 22
"""How many a newcomer can look over."""

BREACHES = {
    "rooms": ("src/slceleb_core/disk/naming.py", "import slceleb_core.media.video", "disk is not allowed to import"),
    "no-circles": ("src/slceleb_core/media/ticks.py", "import slceleb_core.media.cutting", "media"),
    "pure-decision": ("src/slceleb_core/decision/gates.py", "import slceleb_core.stages", "slceleb_core.decision"),
    "core-without-plugins": ("src/slceleb_core/cli/app.py", "import slceleb_speaker_xcorr", "slceleb_speaker_xcorr"),
    "public-names": (
        "plugins/speaker_xcorr/src/slceleb_speaker_xcorr/lips.py",
        "import slceleb_core.decision.judge",
        "slceleb_core.decision",
    ),
}
"""An import that breaks each contract: in which file, which, and what is then said."""


NAMES = dict(re.findall(r'^id = "(.+)"\nname = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M))
NAMED = f"({'|'.join(map(re.escape, NAMES.values()))}) (?:\\([^)]*\\) )?(KEPT|BROKEN)"
"""How a contract is called, by its id; and how its verdict is printed."""


def modules_and_folders():
    modules = {path.stem for path in CORE.glob("*.py")}
    return modules, {path.name for path in CORE.iterdir() if list(path.glob("*.py"))}


def lint(root):
    """Check all contracts in a copy of the sources; return which are kept, and what is said."""
    sources = [str(source) for source in (root / "src", *sorted((root / "plugins").glob("*/src")))]
    program = f"import sys; sys.path[:0] = {sources}; from importlinter.cli import lint_imports; "
    program += "sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    said = " ".join(done.stdout.split())
    return {name: verdict == "KEPT" for name, verdict in re.findall(NAMED, said)}, said


@pytest.fixture
def copy(tmp_path):
    """Return a copy of all sources."""
    for place in ("src", *(str(path.relative_to(ROOT)) for path in (ROOT / "plugins").glob("*/src"))):
        shutil.copytree(ROOT / place, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def test_the_house_can_be_looked_over():
    modules, folders = modules_and_folders()
    assert len(modules) <= MOST_MODULES
    assert len(folders) <= MOST_FOLDERS


def test_the_page_on_the_design_shows_every_room_and_no_other():
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"^src/slceleb_core/\n((?:  .*\n)+)", page, re.MULTILINE)
    shown = [word for line in tree.splitlines() for word in re.match(r"  ((?:\S+ {1,2})+) ", line)[1].split()]
    modules, folders = modules_and_folders()
    expected = {name for name in modules if not name.startswith("__")} | {f"{name}/" for name in folders}
    assert sorted(shown) == sorted(expected)


def test_every_contract_is_tried():
    assert set(NAMES) == set(BREACHES)


def test_each_contract_holds_and_says_so_when_it_is_broken(copy):
    kept, said = lint(copy)
    assert kept == dict.fromkeys(NAMES.values(), True), said
    for place, line, _ in BREACHES.values():
        path = copy / place
        path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")
    kept, said = lint(copy)
    assert kept == dict.fromkeys(NAMES.values(), False), said
    assert all(words in said for _, _, words in BREACHES.values())

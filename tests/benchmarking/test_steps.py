"""The table of the economy's steps: they come from the profile's schema, and each is tried without and alone."""

import sys
from pathlib import Path

import pytest

from slceleb_core.benchmarking.figures import Figures, Spread
from slceleb_core.benchmarking.findings import Difference, Findings, Span
from slceleb_core.decision.attention import THOROUGH
from slceleb_core.profile import load_profile

SPEED = Path(__file__).resolve().parents[2] / "scripts" / "speed"


@pytest.fixture
def steps(monkeypatch):
    monkeypatch.syspath_prepend(str(SPEED))
    before = set(sys.modules)
    import steps

    yield steps
    for name in set(sys.modules) - before:
        if name in ("steps", "reel", "plans", "splicing"):
            del sys.modules[name]


def row(name, speed, *spans):
    once = Spread(1.0, 1.0, 1.0)
    found = Findings(100, 4.0, 100, 1, spans)
    gain = None if speed is None else Spread(speed, speed, speed)
    return Figures("v", name, 1, once, once, 1.0, once, once, once, once, gain, gain, once, found, True, Difference())


def test_every_step_is_left_out_and_taken_alone(steps):
    made = steps.steps_of(load_profile("default"))
    assert made
    rows = list(steps.compared("default", made))
    assert len({candidate.name for candidate in rows}) == 2 + 2 * len(made)
    none = load_profile("default", rows[0].overrides)
    assert all(getattr(none.economy, step.name) == getattr(THOROUGH, step.name) for step in made)
    assert load_profile("default", rows[1].overrides).economy == load_profile("default").economy
    assert steps.steps_of(none) == []


def test_the_table_states_gain_and_loss(steps, tmp_path):
    step = steps.Step("key_interval", 0.2, 0.0)
    rows = {
        "no step": row("no step", 1.0, Span("red", 1.0, 3.0)),
        "all steps": row("all steps", 6.0, Span("red", 1.0, 3.05)),
        "only key_interval": row("only key_interval", 2.5, Span("blue", 1.0, 3.0)),
        "without key_interval": row("without key_interval", None, Span("red", 1.0, 3.0)),
    }
    table = steps.table([step], rows)
    assert "| **all** | 6.00 | 6.00 | 0.1 s of 2 s apart | | | |" in table
    assert "4.0 s of 2 s apart; 2 segments elsewhere; people: blue, red | n/a | n/a | nothing |" in table
    page = tmp_path / "page.md"
    page.write_text(f"before\n{steps.BEGIN}\nold\n{steps.END}\nafter\n")
    steps.put(table, page)
    assert "old" not in page.read_text()
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("\nafter\n")


def test_the_docs_have_the_place_for_it(steps):
    page = (SPEED.parents[1] / "docs" / "speed.md").read_text(encoding="utf-8")
    assert page.count(steps.BEGIN) == page.count(steps.END) == 1

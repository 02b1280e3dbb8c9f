"""Draws are kept as they were made, and a file that is none is refused in one line."""

import json
from dataclasses import replace

import pytest

from slceleb_core.corpus.audits import Population
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.disk.output import is_reserved
from slceleb_core.errors import UsageError
from slceleb_core.precision.draws import (
    FOLDER,
    Draw,
    Item,
    free_name,
    path_of,
    read_draw,
    read_draws,
    write_draw,
)

ITEMS = (
    Item("first-0003", "first", "Ada Lovelace", 8.0, 10.0, 0.25, "Ada Lovelace, first, low"),
    Item("first/1@61.50", "first", "Ada Lovelace", 60.0, 63.0, 0.5, "Ada Lovelace, asd", "rejected"),
)


LEFT_OUT = {("first", "Ada Lovelace"): 30.0, ("first", "Grace Hopper"): 3.0, ("third", "Grace Hopper"): 1.0}


@pytest.fixture
def draw(corpus):
    return Draw("audit", "audit", "2026-01-02T03:04:05+00:00", 7, Population.of(corpus, LEFT_OUT), ITEMS)


def test_a_draw_is_read_as_it_was_written(out, draw):
    assert write_draw(out, draw) == out / FOLDER / "audit.json"
    assert read_draw(out, "audit") == draw
    assert (draw.items[0].weight, draw.items[0].duration) == (4.0, 2.0)


def test_a_population_says_of_what_was_drawn(draw):
    population = draw.population
    assert (population.count, population.left_out) == (25, 34.0)
    assert population.persons == {"Ada Lovelace": 20, "Grace Hopper": 5}
    assert {name: part.count for name, part in population.recordings.items()} == {"first": 16, "second": 8, "third": 1}


def test_a_video_that_was_judged_anew_is_another_population(out, draw):
    path = out / "third" / "source.json"
    stated = json.loads(path.read_text(encoding="utf-8"))
    stated["report"]["segments"][0]["end"] = 2.25
    path.write_text(json.dumps(stated), encoding="utf-8")
    now = Population.of(read_corpus(out), LEFT_OUT)
    assert now.digest != draw.population.digest
    changed = [name for name, part in now.recordings.items() if part != draw.population.recordings[name]]
    assert changed == ["third"]


def test_names_of_draws_are_counted(out, draw):
    assert free_name(out, "audit") == "audit"
    write_draw(out, draw)
    assert (free_name(out, "audit"), free_name(out, "teach")) == ("audit-2", "teach")


def test_draws_are_read_by_purpose_the_oldest_first(out, draw):
    write_draw(out, replace(draw, moment="2026-02-02T00:00:00+00:00"))
    write_draw(out, replace(draw, name="audit-2", moment="2026-01-01T00:00:00+00:00"))
    write_draw(out, replace(draw, name="teach", purpose="teach"))
    assert [draw.name for draw in read_draws(out, ["audit"])] == ["audit-2", "audit"]
    assert len(list(read_draws(out))) == 3
    assert list(read_draws(out / "first")) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stated: stated.pop("items"),
        lambda stated: stated.update(format=99),
        lambda stated: stated.update(purpose="party"),
        lambda stated: stated["items"][0].update(probability=0.0),
        lambda stated: stated["items"][0].update(colour="red"),
        lambda stated: stated.update(population=[]),
    ],
)
def test_a_file_that_is_no_draw_is_refused(out, draw, spoil):
    path = write_draw(out, draw)
    stated = json.loads(path.read_text(encoding="utf-8"))
    spoil(stated)
    path.write_text(json.dumps(stated), encoding="utf-8")
    with pytest.raises(UsageError, match="is no draw"):
        read_draw(out, "audit")


def test_a_draw_that_is_not_there_is_named_and_so_are_those_that_are(out, draw):
    write_draw(out, draw)
    with pytest.raises(UsageError, match="no draw autumn") as refused:
        read_draw(out, "autumn")
    assert "audit" in refused.value.hint


def test_no_video_is_called_as_the_folder_of_the_draws(out):
    assert is_reserved("Draws")
    assert path_of(out, "draws/../x").parent == out / FOLDER

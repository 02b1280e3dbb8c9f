"""``slceleb review queue`` and ``review learn``, from a shell."""

import json
import re

import pytest

from slceleb_core.testing.corpora import Talk, write_talk


@pytest.fixture
def corpus(tmp_path):
    """Return an output folder with two videos."""
    for name in ("studio", "stage"):
        write_talk(tmp_path / "out", tmp_path / "videos", Talk(name))
    return tmp_path / "out"


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.S)[1])


def test_the_queue_is_a_page_of_what_to_look_at_next_in_its_order(slceleb, corpus):
    said = json.loads(slceleb("review", "queue", corpus, "--size", "3", "--json", "--seed", "1").out)
    assert said["purpose"] == "teach"
    data = data_of(corpus / "queue.html")
    assert [candidate["id"] for candidate in data["candidates"]] == said["segments"]
    assert (data["queue"], data["blind"]) == (True, False)
    kept = json.loads((corpus / "draws" / "teach.json").read_text())
    assert (kept["purpose"], [item["id"] for item in kept["items"]]) == ("teach", said["segments"])


def test_what_was_decided_on_it_is_applied_and_the_next_round_goes_on(slceleb, corpus, tmp_path):
    first = json.loads(slceleb("review", "queue", corpus, "--size", "2", "--json").out)["segments"]
    review = {"format": 1, "reviewer": "Zoë", "decisions": {first[0]: "accept", first[1]: "reject"}}
    (tmp_path / "review.json").write_text(json.dumps(review))
    assert slceleb("review", "apply", tmp_path / "review.json", corpus).code == 0
    assert not (corpus / "queue.html").exists()  # it would show what is no more
    later = slceleb("review", "queue", corpus, "--size", "2")
    assert "2 decisions teach so far; about 98 more before a target is tried" in later.out
    assert not set(first) & {candidate["id"] for candidate in data_of(corpus / "queue.html")["candidates"]}


def test_a_removed_video_is_in_no_draw_and_in_no_list_of_what_has_taught(slceleb, corpus):
    assert slceleb("review", "queue", corpus, "--size", "9").code == 0
    other = corpus / "stage" / "source.json"
    other.write_text(other.read_text().replace("sha256:00", "sha256:01"))  # another file
    (corpus / "learned").mkdir()
    (corpus / "learned" / "spent.json").write_text('["stage-0001", "studio-0001"]')
    assert slceleb("corpus", "remove", corpus, "--video", "studio", "--reason", "asked").code == 0
    for path in corpus.rglob("*"):
        if path.is_file() and path.name != "removals.jsonl":
            assert b"studio" not in path.read_bytes(), path
    assert json.loads((corpus / "learned" / "spent.json").read_text()) == ["stage-0001"]


@pytest.mark.parametrize("command", ["queue", "learn"])
def test_a_folder_that_is_not_there_is_said_in_one_line(slceleb, tmp_path, command):
    done = slceleb("review", command, tmp_path / "nowhere")
    assert done.code == 2
    assert "nowhere" in done.err
    assert "Traceback" not in done.err


def test_where_nothing_was_decided_nothing_can_be_learned(slceleb, corpus):
    done = slceleb("review", "learn", corpus)
    assert done.code == 2
    assert "no decision on a segment of" in done.err
    assert "slceleb review queue" in done.err


def test_what_was_shown_to_teach_teaches_though_all_of_a_video_was_decided_on(slceleb, corpus, tmp_path):
    shown = json.loads(slceleb("review", "queue", corpus, "--size", "9", "--json").out)["segments"]
    review = {"format": 1, "reviewer": "Zoë", "decisions": dict.fromkeys(shown, "accept")}
    (tmp_path / "review.json").write_text(json.dumps(review))
    assert slceleb("review", "apply", tmp_path / "review.json", corpus).code == 0
    assert "can teach anything" not in slceleb("review", "learn", corpus).err


def test_decisions_that_prove_are_named_with_what_learns_from_them(slceleb, corpus, tmp_path):
    decided = {f"{name}-{number:04d}": "accept" for name in ("studio", "stage") for number in (1, 2, 3, 5)}
    (tmp_path / "review.json").write_text(json.dumps({"format": 1, "reviewer": "Zoë", "decisions": decided}))
    assert slceleb("review", "apply", tmp_path / "review.json", corpus).code == 0
    assert "8 decisions can prove a precision, and --spend learns from those" in slceleb("review", "learn", corpus).err

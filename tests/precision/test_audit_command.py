"""``slceleb audit`` from the draw to what is told of the corpus, and what becomes of it when the corpus changes."""

import csv
import json
from dataclasses import replace

import pytest

from slceleb_core.corpus.audits import read_audits
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.precision.auditing.keeping import kept_path
from slceleb_core.precision.draws import path_of, read_draw, write_draw


@pytest.fixture
def drawn(out, slceleb):
    """Return a folder of which twenty segments and eight moments have been drawn."""
    code, _, err = slceleb("audit", out, "--size", 20, "--left-out", 8, "--seed", 4)
    assert code == 0, err
    return out


def segments_of(draw):
    return [number for number, item in enumerate(draw.items) if item.kind == "segment"]


def test_a_draw_is_kept_and_its_page_tells_nothing_that_would_tell_what_to_answer(drawn):
    page = (drawn / "audit.html").read_text(encoding="utf-8")
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    draw = read_draw(drawn, "audit")
    assert [item["id"] for item in data["items"]] == [item.id for item in draw.items]
    assert {key for item in data["items"] for key in item} == {"id", "person", "start", "end", "url", "from", "until"}
    assert "score" not in json.dumps(data)
    assert "default-src &#39;none&#39;" in page


def test_what_cannot_be_played_is_said(out, slceleb):
    _, _, err = slceleb("audit", out, "--size", 5)
    assert "cannot be played" in err


def test_a_second_draw_leaves_the_first_alone(drawn, slceleb):
    before = path_of(drawn, "audit").read_bytes()
    _, said, _ = slceleb("audit", drawn, "--size", 3, "--json")
    assert json.loads(said)["draw"] == "audit-2"
    assert path_of(drawn, "audit").read_bytes() == before


def test_answers_come_to_a_precision_that_stands_wherever_the_corpus_is_told_of(drawn, slceleb, answered, saved):
    slceleb("corpus", "export", drawn, "--to", "provenance")
    slceleb("corpus", "datasheet", drawn)
    draw = read_draw(drawn, "audit")
    first = segments_of(draw)[0]
    file = saved(answered(draw, **{f"n{first}": "wrong person"}))
    code, said, err = slceleb("audit", drawn, file)
    assert code == 0, err
    assert "Precision 95.0 % (" in said
    assert "Recall" in said
    assert "faces that were never found" in said
    _, said, _ = slceleb("corpus", "report", drawn)
    assert "Precision 95.0 % (" in said
    report = json.loads((drawn / "corpus_report.json").read_text(encoding="utf-8"))
    assert report["audits"][0]["strict"]["estimate"] == pytest.approx(0.95)
    assert report["audits"][0]["since"] == {"added": 0, "taken_out": 0, "judged_anew": 0}
    assert "95.0 %" in (drawn / "corpus_report.html").read_text(encoding="utf-8")
    with (drawn / "manifests" / "provenance" / "provenance.csv").open(newline="", encoding="utf-8") as stream:
        row = next(csv.DictReader(stream))
    assert (row["audit_precision"], row["audit_changed_since"]) == ("0.9500", "no")
    assert "Precision 95.0 % (" in (drawn / "DATASHEET.md").read_text(encoding="utf-8")


def test_answers_as_json_hold_all_of_it(drawn, slceleb, answered, saved):
    code, said, _ = slceleb("audit", drawn, saved(answered(read_draw(drawn, "audit"))), "--json")
    told = json.loads(said)
    assert code == 0
    assert told["strict"]["estimate"] == 1.0
    assert told["missed"]["judged"] == 8
    assert set(told["kinds"]) == {"wrong person", "not speaking", "someone else's voice", "bad cut"}
    assert told["disputed"] == []


def test_two_reviewers_and_a_third_one_after_the_other(drawn, slceleb, answered, saved):
    draw = read_draw(drawn, "audit")
    number = segments_of(draw)[0]
    slceleb("audit", drawn, saved(answered(draw, reviewer="Ann"), "a"))
    code, said, err = slceleb("audit", drawn, saved(answered(draw, reviewer="Bo", **{f"n{number}": "bad cut"}), "b"))
    assert code == 0, err
    assert "Ann and Bo agree on 27 of 28 items" in said
    assert f"{draw.items[number].id} ({draw.items[number].person}): Ann: right, Bo: bad cut" in said
    page = drawn / "audit-disputed.html"
    assert page.exists()
    data = json.loads(page.read_text(encoding="utf-8").split('id="data">')[1].split("</script>")[0])
    assert ([item["id"] for item in data["items"]], data["settles"]) == ([draw.items[number].id], True)
    third = answered(draw, reviewer="Cy", settles=True)
    third["answers"] = {draw.items[number].id: third["answers"][draw.items[number].id]}
    _, said, _ = slceleb("audit", drawn, saved(third, "c"))
    assert "not settled" not in said
    assert "Precision 100.0 %" in said
    assert not page.exists()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda answers: answers.update(drawn="2020-01-01"), "are about audit of 2020-01-01"),
        (lambda answers: answers.update(draw="autumn"), "no draw autumn"),
        (lambda answers: answers.update(answers={}), "nothing of the draw audit was answered"),
    ],
)
def test_answers_that_fit_nothing_are_refused_and_nothing_is_kept(drawn, slceleb, answered, saved, change, line):
    answers = answered(read_draw(drawn, "audit"))
    change(answers)
    code, _, err = slceleb("audit", drawn, saved(answers))
    assert (code, line in err) == (2, True), err
    assert not kept_path(drawn, "audit").exists()
    assert read_audits(drawn) == ()


def test_a_draw_that_was_chosen_to_teach_says_nothing_of_the_whole(drawn, slceleb, answered, saved):
    draw = replace(read_draw(drawn, "audit"), name="teach", purpose="teach")
    write_draw(drawn, draw)
    code, _, err = slceleb("audit", drawn, saved(answered(draw)))
    assert (code, "chosen to teach" in err) == (2, True)


def test_two_files_of_one_reviewer_are_refused(drawn, slceleb, answered, saved):
    answers = answered(read_draw(drawn, "audit"))
    code, _, err = slceleb("audit", drawn, saved(answers, "a"), saved(answers, "b"))
    assert (code, "2 of these files are by Zoë" in err) == (2, True)


def test_a_reviewer_who_is_withdrawn_has_said_nothing(drawn, slceleb, answered, saved):
    draw = read_draw(drawn, "audit")
    slceleb("audit", drawn, saved(answered(draw, reviewer="Ann"), "a"))
    before = json.loads((drawn / "audit.json").read_text(encoding="utf-8"))
    slceleb("audit", drawn, saved(answered(draw, reviewer="Bo", n0="bad cut"), "b"))
    assert slceleb("audit", drawn, "--withdraw", "Bob")[0] == 2
    code, said, err = slceleb("audit", drawn, "--withdraw", "Bo")
    assert (code, "Bo" in said) == (0, False), err
    assert json.loads((drawn / "audit.json").read_text(encoding="utf-8")) == before
    assert not (drawn / "audit-disputed.html").exists()
    code, said, _ = slceleb("audit", drawn, "--withdraw", "Ann")
    assert (code, "nobody else has judged" in said) == (0, True)
    assert read_audits(drawn) == ()
    assert not kept_path(drawn, "audit").exists()


def test_options_of_a_draw_with_answers_are_refused(drawn, slceleb, answered, saved):
    code, _, err = slceleb("audit", drawn, saved(answered(read_draw(drawn, "audit"))), "--size", 5)
    assert (code, "--size: answers are about what was drawn" in err) == (2, True)


def test_a_damaged_audit_is_one_line(drawn, slceleb):
    (drawn / "audit.json").write_text("{}", encoding="utf-8")
    code, _, err = slceleb("corpus", "report", drawn)
    assert code == 2
    assert "is no audit" in err


# What becomes of it ---------------------------------------------------------------------------------------------------


def test_a_corpus_that_has_grown_makes_the_audit_stale_and_that_is_said(drawn, slceleb, answered, saved, write_video):
    slceleb("audit", drawn, saved(answered(read_draw(drawn, "audit"))))
    write_video(drawn, "fourth", [("Ada Lovelace", 1.0, 2.0), ("Ada Lovelace", 3.0, 4.0)])
    _, said, _ = slceleb("corpus", "report", drawn)
    assert "The corpus has changed since (2 segments added): this is of the corpus as of" in said
    assert "changed since" in (drawn / "corpus_report.html").read_text(encoding="utf-8")


def test_answers_on_segments_that_have_changed_since_are_taken_for_doubt(drawn, slceleb, answered, saved):
    draw = read_draw(drawn, "audit")
    item = draw.items[segments_of(draw)[0]]
    path = drawn / item.recording / "source.json"
    stated = json.loads(path.read_text(encoding="utf-8"))
    for segment in stated["report"]["segments"]:
        segment["end"] += 0.5 if segment["id"] == item.id else 0.0
    path.write_text(json.dumps(stated), encoding="utf-8")
    _, said, err = slceleb("audit", drawn, saved(answered(draw)))
    assert "1 answer on segments that are other stretches now" in err
    assert "On 1 nobody could tell" in said
    assert "1 video judged anew" in said


def test_errors_are_carried_out_as_rejections_and_the_audit_speaks_of_what_it_was(drawn, slceleb, answered, saved):
    draw = read_draw(drawn, "audit")
    first, second = segments_of(draw)[:2]
    answers = answered(draw, **{f"n{first}": "wrong person", f"n{second}": "cannot tell"})
    answers["answers"][draw.items[first].id]["note"] = "her sister"
    slceleb("audit", drawn, saved(answers))
    code, said, err = slceleb("audit", drawn, "--reject")
    assert code == 0, err
    assert "1 segment" in said
    wrong = draw.items[first]
    assert wrong.id not in {utterance.id for utterance in read_corpus(drawn).utterances()}
    entry = json.loads((drawn / wrong.recording / "source.json").read_text(encoding="utf-8"))["review"][wrong.id]
    assert (entry["decision"], entry["reviewer"]) == ("reject", "Zoë")
    assert entry["note"] == "audit: wrong person (her sister)"
    _, said, _ = slceleb("corpus", "report", drawn)
    assert "Precision 94.7 %" in said  # of the corpus as it stood
    assert "1 taken out" in said
    code, said, _ = slceleb("audit", drawn, "--reject")
    assert "0 segments" in said


def test_a_review_is_not_taken_for_an_audit_nor_an_audit_for_a_review(drawn, slceleb, answered, saved):
    file = saved(answered(read_draw(drawn, "audit")))
    code, _, err = slceleb("review", "apply", file, drawn)
    assert (code, "--reject" in err) == (2, True)
    review = saved({"format": 1, "decisions": {}}, "review")
    code, _, err = slceleb("audit", drawn, review)
    assert (code, "no answers of an audit" in err) == (2, True)


def test_nothing_is_rejected_where_nobody_has_answered(drawn, slceleb):
    code, _, err = slceleb("audit", drawn, "--reject")
    assert (code, "has been answered" in err) == (2, True)


def everything_under(folder):
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()}
    return {path: text for path, text in texts.items() if path.name != "removals.jsonl"}


def test_a_person_who_is_removed_leaves_draws_answers_and_audits(drawn, slceleb, answered, saved):
    draw = read_draw(drawn, "audit")
    answers = answered(draw)
    next(iter(answers["answers"].values()))["note"] = "not Grace Hopper"
    slceleb("audit", drawn, saved(answers))
    slceleb("corpus", "datasheet", drawn)
    code, _, err = slceleb("corpus", "remove", drawn, "--person", "Grace Hopper")
    assert code == 0, err
    assert [path for path, text in everything_under(drawn).items() if "Grace Hopper" in text] == []
    (audit,) = read_audits(drawn)
    left = [item for item in draw.items if item.person != "Grace Hopper"]
    assert read_draw(drawn, "audit").items == tuple(left)
    assert audit.judged == sum(item.kind == "segment" for item in left)
    assert audit.population.count == 20
    assert audit.missed.seconds == 30.0
    _, said, _ = slceleb("corpus", "report", drawn)
    assert "changed since" not in said
    next(iter(answers["answers"].values()))["note"] = ""
    code, _, err = slceleb("audit", drawn, saved(answers))  # whoever has the file yet
    assert code == 0, err
    assert "set apart" in err
    assert [path for path, text in everything_under(drawn).items() if "Grace Hopper" in text] == []


def test_a_video_that_is_removed_leaves_them_too(drawn, slceleb, answered, saved):
    draw = read_draw(drawn, "audit")
    slceleb("audit", drawn, saved(answered(draw)))
    code, _, err = slceleb("corpus", "remove", drawn, "--video", "second")
    assert code == 0, err
    assert "second" in {item.recording for item in draw.items}
    assert "second" not in {item.recording for item in read_draw(drawn, "audit").items}
    (audit,) = read_audits(drawn)
    assert audit.population.count == 17
    assert "second" not in audit.population.recordings
    assert "second-" not in kept_path(drawn, "audit").read_text(encoding="utf-8")


def test_an_audit_of_which_nothing_is_left_says_nothing(drawn, slceleb, answered, saved):
    slceleb("audit", drawn, saved(answered(read_draw(drawn, "audit"))))
    for person in ("Grace Hopper", "Ada Lovelace"):
        slceleb("corpus", "remove", drawn, "--person", person)
    assert read_audits(drawn) == ()
    assert not (drawn / "audit.html").exists()


def test_a_draw_that_is_not_as_it_was_written_is_one_line_and_the_removal_goes_on_without_it(drawn, slceleb):
    path = path_of(drawn, "audit")
    stated = json.loads(path.read_text(encoding="utf-8"))
    stated["population"]["recordings"]["first"] = 3
    path.write_text(json.dumps(stated), encoding="utf-8")
    code, _, err = slceleb("corpus", "remove", drawn, "--person", "Grace Hopper")
    assert code != 0
    assert f"{path} is not as it was written" in err
    path.unlink()
    code, _, err = slceleb("corpus", "remove", drawn, "--person", "Grace Hopper")
    assert (code, "audit.html" in err) == (1, True)  # whose page it is nobody can tell any more: it is named

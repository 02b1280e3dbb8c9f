import json
import shutil

import numpy as np
import pytest

from slceleb_core.corpus.spent import spend, spent_in
from slceleb_core.errors import UsageError
from slceleb_core.precision.evidence import clusters_of, read_evidence
from slceleb_core.precision.reference import read_reference, referred
from slceleb_core.review.following import follow

from ..decided import a_segment, accepted, rejected, write_video


def test_of_every_segment_all_measures_are_known_that_its_gates_state(output):
    write_video(output, "talk", [a_segment("talk-0001", similarity=0.7, asd=0.9, end=3.5)])
    write_video(output, "walk", [a_segment("walk-0001", similarity=0.4)])
    population = read_evidence(output).population
    assert population.ids == ("talk-0001", "walk-0001")
    assert population.measures["similarity"].tolist() == [0.7, 0.4]
    assert population.measures["seconds"].tolist() == [3.5, 2.0]
    assert population.comparisons["chance"] == "<="
    assert population.limits["asd"].tolist() == [0.5, 0.5]


def test_what_a_gate_does_not_know_is_no_number(output):
    known = a_segment("talk-0001", voice=1.0)
    unknown = type(known).from_json({**known.to_json(), "id": "talk-0002", "gates": {}})
    write_video(output, "talk", [known, unknown])
    assert np.isnan(read_evidence(output).population.measures["similarity"]).tolist() == [False, True]


def test_what_a_review_took_out_belongs_to_the_population_and_is_a_wrong_label(output):
    bad = a_segment("talk-0002", similarity=0.37)
    write_video(output, "talk", [a_segment("talk-0001"), bad], {"talk-0002": rejected(bad, "Not speaking, he laughs")})
    evidence = read_evidence(output)
    assert evidence.population.present.tolist() == [True, False]
    (label,) = evidence.labels
    assert (label.right, label.kind, label.source) == (False, "not speaking", "review by bo")
    assert evidence.rows(evidence.labels).tolist() == [1]


def test_reviews_prove_only_where_they_leave_no_segment_of_a_video_out(output):
    whole = [a_segment("whole-0001"), a_segment("whole-0002")]
    write_video(output, "whole", whole, {"whole-0001": accepted(), "whole-0002": rejected(whole[1])})
    write_video(output, "part", [a_segment("part-0001"), a_segment("part-0002")], {"part-0001": accepted()})
    evidence = read_evidence(output)
    assert [label.segment for label in evidence.proving] == ["whole-0001", "whole-0002"]
    assert [label.segment for label in evidence.teaching] == ["part-0001"]


def test_a_cluster_is_what_one_video_says_of_one_person(output):
    segments = [a_segment(f"a-000{number}", person) for number, person in enumerate(("Ada", "Bo", "Ada"), start=1)]
    write_video(output, "a", segments, {segment.id: accepted() for segment in segments})
    write_video(output, "b", [a_segment("b-0001")], {"b-0001": accepted()})
    assert clusters_of(read_evidence(output).labels).tolist() == [0, 1, 0, 2]


def test_a_reference_says_what_each_segment_is(output, tmp_path):
    spans = ((0.0, 2.0), (2.0, 4.0), (5.0, 7.0))
    segments = [a_segment(f"talk-000{n}", "Ada", *span) for n, span in enumerate(spans, start=1)]
    write_video(output, "talk", segments)
    write_video(output, "other", [a_segment("other-0001")])
    file = tmp_path / "reference.csv"
    file.write_text("video,person,start,end\ntalk.mp4,Ada,0.1,1.8\ntalk.mp4,Bo,1.9,4.0\n")
    evidence = read_evidence(output)
    labels = referred(read_reference(file), output, evidence.population)
    assert [label.kind for label in labels] == ["right", "someone else's voice", "not speaking"]
    assert all(label.proves for label in labels)


def test_a_reference_says_nothing_outside_of_its_regions(output, tmp_path):
    write_video(output, "talk", [a_segment("talk-0001", end=2.0), a_segment("talk-0002", start=9.0, end=11.0)])
    file, regions = tmp_path / "reference.csv", tmp_path / "regions.csv"
    file.write_text("video,person,start,end\ntalk,Ada,0,2\n")
    regions.write_text("video,start,end\ntalk,0,10\n")
    labels = referred(read_reference(file, regions), output, read_evidence(output).population)
    assert [label.segment for label in labels] == ["talk-0001"]


def test_a_reference_has_the_last_word_and_makes_a_doubtful_label_prove(output, tmp_path):
    write_video(output, "talk", [a_segment("talk-0001"), a_segment("talk-0002")], {"talk-0001": accepted()})
    file = tmp_path / "reference.csv"
    file.write_text("video,person,start,end\ntalk,Bo,0,2\n")
    evidence = read_evidence(output)
    joined = evidence.joined(referred(read_reference(file), output, evidence.population))
    assert [(label.right, label.proves) for label in joined.labels] == [(False, True), (False, True)]


def test_a_reference_of_other_videos_is_refused(output, tmp_path):
    write_video(output, "talk", [a_segment("talk-0001")])
    file = tmp_path / "reference.csv"
    file.write_text("video,person,start,end\nelsewhere,Ada,0,2\n")
    with pytest.raises(UsageError, match="no video in common"):
        referred(read_reference(file), output, read_evidence(output).population)


def test_the_hash_of_a_population_changes_with_what_was_measured(output, tmp_path):
    write_video(output, "talk", [a_segment("talk-0001", similarity=0.7)])
    write_video(tmp_path / "other", "talk", [a_segment("talk-0001", similarity=0.6)])
    write_video(tmp_path / "same", "talk", [a_segment("talk-0001", similarity=0.7)])
    digests = [read_evidence(folder).population.digest() for folder in (output, tmp_path / "other", tmp_path / "same")]
    assert digests[0] != digests[1]
    assert digests[0] == digests[2]


def replaced(output, segments, profile=None):
    """Put what stands there among the earlier results, and other ones in its place, to which decisions have come."""
    (output / ".earlier").mkdir()
    shutil.move(output / "talk", output / ".earlier/talk.1")
    write_video(output, "talk", segments, provenance={"profile": profile or {}, "stages": {}})
    follow(output)


def test_what_came_along_into_a_calibrated_folder_only_teaches(output):
    write_video(output, "talk", [a_segment("talk-0001", end=1.0), a_segment("talk-0002")], {"talk-0002": accepted()})
    again = shutil.copytree(output, output.with_name("again"))
    replaced(output, [a_segment("talk-0001")])
    assert [(label.segment, label.proves) for label in read_evidence(output).labels] == [("talk-0001", True)]
    replaced(again, [a_segment("talk-0001")], {"evidence": {"target": 0.99}})
    assert [(label.segment, label.proves) for label in read_evidence(again).labels] == [("talk-0001", False)]


def test_what_has_taught_proves_nothing_under_another_number_either(output):
    segments = [a_segment(f"talk-000{n}", start=3.0 * n, end=3.0 * n + 2) for n in (1, 2, 3)]
    write_video(output, "talk", segments, {segment.id: accepted() for segment in segments})
    spend(output, ["talk-0002"])
    left = [a_segment(f"talk-000{n - 1}", start=3.0 * n, end=3.0 * n + 2) for n in (2, 3)]
    replaced(output, left)
    proves = {label.segment: label.proves for label in read_evidence(output).labels}
    assert proves == {"talk-0001": False, "talk-0002": True}
    assert not spent_in(output)  # talk-0002 is another one now
    entries = json.loads((output / "talk/source.json").read_text())["review"]
    assert (entries["talk-0001"]["spent"], "spent" in entries["talk-0002"]) == (True, False)

"""Whole evaluations of small cases, with figures by hand."""

import gzip
import itertools
import json
import random

import numpy as np
import pytest

from slceleb_core.errors import UsageError
from slceleb_core.evaluation.intervals import union
from slceleb_core.evaluation.report import as_json
from slceleb_core.evaluation.segment_matching import IOU, match_segments, overlap
from slceleb_core.evaluation.tallies import Tally, bootstrap

pytest.importorskip("pyannote.metrics")


def figures(tally):
    return tally.precision, tally.recall, tally.f1


def test_a_tiny_case_by_hand(output, reference, evaluated):
    """Anna speaks 1-3 and 5-7; found 2-3 and 5-8. Bert is found 8.5-9 and never speaks."""
    output("clip", [("anna", 2, 3), ("anna", 5, 8), ("bert", 8.5, 9)])
    report = evaluated(reference(("clip", "anna", 1, 3), ("clip", "anna", 5, 7)))
    assert report.time.overall == Tally(3, 4.5, 4)
    assert figures(report.time.overall) == pytest.approx((3 / 4.5, 3 / 4, 6 / 8.5))
    assert figures(report.time.people["anna"]) == pytest.approx((3 / 4, 3 / 4, 3 / 4))
    assert figures(report.time.people["bert"]) == (0.0, None, 0.0)
    # 2-3 of 1-3 is half of the union, 5-7 of 5-8 two thirds
    assert report.segments.people["anna"] == Tally(2, 2, 2)
    assert figures(report.segments.overall) == pytest.approx((2 / 3, 1.0, 4 / 5))


def test_a_segment_below_half_a_union_is_wrong(output, reference, evaluated):
    output("clip", [("anna", 2.01, 3)])
    assert evaluated(reference(("clip", "anna", 1, 3))).segments.overall == Tally(0, 1, 1)


def test_perfect_output_is_perfect_everywhere(output, reference, evaluated):
    speech = [("Zoë", 1.0, 2.0), ("Zoë", 4.0, 7.5), ("<b>'Bo' & \"Co\"</b>", 1.5, 5.0)]
    frames = [
        (t, [(who, float(any(w == who and a <= t < b for w, a, b in speech))) for who in {w for w, _, _ in speech}])
        for t in np.arange(0, 10, 0.25).tolist()
    ]
    output("clip", speech, frames)
    output("other", [("Zoë", 0.0, 1.0)])
    rows = [("clip", *said) for said in speech] + [("other.mp4", "Zoë", 0.0, 1.0)]
    report = evaluated(reference(*rows))
    for measured in (report.time, report.segments):
        for tally in (measured.overall, *measured.people.values()):
            assert figures(tally) == (1.0, 1.0, 1.0)
        assert measured.interval.f1 == (1.0, 1.0)
    assert {rate.rate for rate in report.error_rates} == {0.0}
    whole = report.faces.overall
    assert (whole.ap, whole.auc, whole.f1, whole.eer, whole.ece) == (1.0, 1.0, 1.0, 0.0, 0.0)
    assert not report.attribution.wrong
    assert not report.attribution.missed
    assert not report.attribution.false


def test_an_empty_output_has_no_precision_and_finds_nothing(output, reference, evaluated):
    output("clip", [])
    report = evaluated(reference(("clip", "anna", 1, 3)))
    assert figures(report.time.overall) == figures(report.segments.overall) == (None, 0.0, 0.0)
    assert {rate.rate for rate in report.error_rates} == {1.0}
    assert report.faces is None


def test_a_video_in_which_nobody_speaks_is_named_by_the_regions(output, reference, regions, evaluated):
    output("clip", [("anna", 1, 3)])
    report = evaluated(reference(), regions(("clip", 0, 10)))
    assert figures(report.time.overall) == (0.0, None, 0.0)
    assert dict(report.attribution.false) == {"anna": 2}
    assert report.error_rates[0].rate is None


def test_nothing_in_common_is_an_error(output, reference, evaluated):
    output("clip", [])
    for rows in ((), (("movie", "anna", 1, 3),)):
        with pytest.raises(UsageError, match="nothing to score"):
            evaluated(reference(*rows))


def test_overlapping_unsorted_stretches_of_one_person_are_one(output, reference, evaluated):
    output("clip", [("anna", 3, 5), ("anna", 1, 4)])
    report = evaluated(reference(("clip", "anna", 4, 5), ("clip", "anna", 1, 2), ("clip", "anna", 1.5, 4)))
    assert report.time.overall == Tally(4, 4, 4)
    assert report.segments.overall == Tally(1, 1, 1)


def test_two_who_speak_at_once_count_twice(output, reference, evaluated):
    output("clip", [("anna", 0, 4)])
    report = evaluated(reference(("clip", "anna", 0, 4), ("clip", "bert", 1, 4)))
    assert report.time.overall == Tally(4, 4, 7)
    assert dict(report.attribution.missed) == {"bert": 3}


def test_only_scored_regions_count(output, reference, regions, evaluated):
    frames = [(t, [("anna", 0.9)]) for t in (0.0, 1.0, 2.0, 3.0, 4.0)]
    output("clip", [("anna", 0, 4), ("anna", 8, 9)], frames)
    report = evaluated(reference(("clip", "anna", 0, 3)), regions(("clip", 2, 3.5), ("clip", 1, 2)))
    assert report.time.overall == Tally(2, 2.5, 2)
    assert report.segments.overall == Tally(1, 1, 1)
    assert (report.faces.overall.count, report.faces.overall.positives) == (3, 2)


def test_without_regions_all_of_a_video_counts(output, reference, evaluated):
    output("clip", [("anna", 1, 2)], start=0.5, duration=9.0)
    assert evaluated(reference(("clip", "anna", 1, 2))).videos[0].regions == ((0.0, 9.5),)
    output("late", [("anna", -1, 12)], start=0.5, duration=9.0)
    assert evaluated(reference(("late", "anna", 1, 14))).videos[0].regions == ((-1.0, 14.0),)


@pytest.mark.parametrize("name", ["clip", "clip.mp4", "/films/clip.mp4", "elsewhere/clip.mkv"])
def test_a_video_answers_to_its_path_file_name_and_stem(output, reference, evaluated, name):
    output("clip", [("anna", 1, 2)])
    assert figures(evaluated(reference((name, "anna", 1, 2))).time.overall) == (1.0, 1.0, 1.0)


def test_what_follows_a_point_is_a_format_only_if_it_looks_like_one(output, reference, evaluated):
    output("talk.1", [("anna", 1, 2)], video="/films/talk.1.mp4")
    report = evaluated(reference(("talk.1", "anna", 1, 2), ("talk.2", "anna", 1, 2)))
    assert report.inputs.without_output == ["talk.2"]
    assert report.time.overall == Tally(1, 1, 1)


def test_a_name_that_fits_two_outputs_is_an_error_and_a_path_tells_them_apart(output, reference, evaluated):
    output("clip", [("anna", 1, 2)], video="/one/clip.mp4")
    output("clip-0a1b2c3d", [("anna", 3, 4)], video="/two/clip.mp4")
    with pytest.raises(UsageError, match="'clip' fits 2 outputs"):
        evaluated(reference(("clip", "anna", 1, 2)))
    report = evaluated(reference(("/two/clip.mp4", "anna", 3, 4)))
    assert report.time.overall == Tally(1, 1, 1)


def test_a_group_of_cameras_answers_to_its_folder_alone(output, reference, evaluated):
    """The times of its results are those of one file, which need not be the one that was named first."""
    folder = output("debate", [("anna", 1, 2)], video="/films/left.mp4")
    files = {"/films/left.mp4": "", "/films/right.mp4": ""}
    (folder / "source.json").write_text(json.dumps({"video": "/films/left.mp4", "files": files}))
    output("left", [("anna", 5, 6)])
    report = evaluated(reference(("debate", "anna", 1, 2), ("left", "anna", 5, 6), ("right", "anna", 1, 2)))
    assert report.time.overall == Tally(2, 2, 2)
    assert report.inputs.without_output == ["right"]


def test_what_is_not_scored_is_said(output, reference, regions, evaluated):
    output("clip", [("anna", 1, 2)])
    output("extra", [("anna", 1, 2)])
    rows = (("clip", "anna", 1, 2), ("lost", "anna", 1, 2), ("beside", "anna", 1, 2))
    inputs = evaluated(reference(*rows)).inputs
    assert (inputs.without_output, inputs.without_reference) == (["beside", "lost"], ["extra"])
    notes = "\n".join(evaluated(reference(*rows), regions(("clip", 0, 9), ("lost", 0, 9))).inputs.notes)
    assert "lost has no output" in notes
    assert "the scored regions do not name beside" in notes
    assert "says nothing of extra" in notes


def test_a_table_has_no_line_of_a_video_in_which_nobody_was_found(output, reference, tmp_path):
    from slceleb_core.evaluation.report import evaluate

    table = tmp_path / "segments.csv"
    table.write_text("id,video,person,start,end\nclip-0001,/films/clip.mp4,anna,1.000,2.000\n")
    report = evaluate(reference(("clip", "anna", 1, 2), ("lost", "anna", 1, 2)), table)
    assert report.time.overall == Tally(1, 1, 2)
    assert any("lost has no line" in note for note in report.inputs.notes)


def test_one_video_s_folder_will_do_and_so_will_its_table(output, reference, tmp_path):
    from slceleb_core.evaluation.report import evaluate

    folder = output("clip", [])
    (folder / "result.json").unlink()
    (folder / "segments.csv").write_text("id,video,person,start,end\nclip-0001,/films/clip.mp4,anna,1.0,2.0\n")
    for outputs in (folder, folder.parent):
        assert evaluate(reference(("clip", "anna", 1, 2)), outputs).time.overall == Tally(1, 1, 1)
    (folder / "segments.csv").unlink()
    with pytest.raises(UsageError, match=r"neither result\.json nor segments\.csv"):
        evaluate(reference(("clip", "anna", 1, 2)), folder)


def test_only_the_people_asked_for_are_scored(output, reference, evaluated):
    output("clip", [("anna", 1, 2), ("bert", 3, 4)], [(1.0, [("anna", 0.9), ("bert", 0.1)])])
    ref = reference(("clip", "anna", 1, 2), ("clip", "carl", 5, 6))
    report = evaluated(ref, people=["anna"])
    assert report.time.overall == Tally(1, 1, 1)
    assert report.faces.overall.count == 1


def test_a_name_nobody_looked_for_is_pointed_out(output, reference, evaluated):
    output("clip", [("anna", 1, 2)])
    notes = "\n".join(evaluated(reference(("clip", "Anna", 1, 2))).inputs.notes)
    assert "Anna: all of that speech counts as missed; did you mean anna?" in notes


def test_frame_scores_by_hand(output, reference, evaluated):
    frames = [
        (0.0, [("anna", 0.2), (None, 0.9)]),
        (1.0, [("anna", 0.7), ("bert", 0.8)]),
        (2.0, [("anna", None), ("bert", 0.1)]),
        (3.0, []),
    ]
    output("clip", [], frames, onset=0.75)
    report = evaluated(reference(("clip", "anna", 1, 2)))
    overall = report.faces.overall
    assert (overall.count, overall.positives, overall.threshold, report.faces.unnamed) == (4, 1, 0.75, 1)
    assert overall.ap == pytest.approx(1 / 2)
    assert overall.auc == pytest.approx(2 / 3)
    assert overall.precision == overall.recall == 0.0
    assert evaluated(reference(("clip", "anna", 1, 2)), threshold=0.7).faces.people["anna"].f1 == 1.0


def test_missed_speech_is_explained_by_the_faces(output, reference, evaluated):
    """A frame is shown until the next one; the last as long as they usually are."""
    frames = [(0.0, [("anna", 0.1)]), (1.0, [(None, 0.1)]), (2.0, [("bert", 0.1)]), (3.0, []), (4.0, [("anna", 0.1)])]
    output("clip", [], frames)
    report = evaluated(reference(("clip", "anna", 0, 10)))
    assert dict(report.attribution.reasons) == {
        "not deemed speaking": 2.0,
        "not identified": 1.0,
        "others seen": 1.0,
        "not seen": 6.0,
    }


def test_without_a_gallery_people_are_tracks(output, reference, evaluated):
    output("clip", [("track-0000", 1, 2)], [(1.0, [(None, 0.9)])], wanted=None)
    report = evaluated(reference(("clip", "track-0000", 1, 2)))
    assert report.faces.people["track-0000"].positives == 1
    assert any("without a gallery" in note for note in report.inputs.notes)


def test_different_onsets_need_a_threshold(output, reference, evaluated):
    output("a", [], [(1.0, [("anna", 0.9)])], onset=0.4)
    output("b", [], [(1.0, [("anna", 0.9)])], onset=0.6)
    ref = reference(("a", "anna", 1, 2), ("b", "anna", 1, 2))
    with pytest.raises(UsageError, match=r"different onsets: 0\.4, 0\.6"):
        evaluated(ref)
    assert evaluated(ref, threshold=0.5).faces.overall.recall == 1.0


def test_damaged_results_are_said_in_one_line(output, reference, evaluated):
    folder = output("clip", [], [(t / 10, [("anna", 0.9)]) for t in range(100)])
    ref = reference(("clip", "anna", 1, 2))
    whole = (folder / "frames.jsonl.gz").read_bytes()
    for damaged in (b"no gzip", whole[:40], whole[:30] + b"XXXX" + whole[34:], gzip.compress(b'{"time": 1}')):
        (folder / "frames.jsonl.gz").write_bytes(damaged)
        with pytest.raises(UsageError, match=r"cannot read .*frames\.jsonl\.gz"):
            evaluated(ref)
    for text in ("{", "[]", "{}", '{"gallery": null, "video": {}, "segments": []}'):
        (folder / "result.json").write_text(text)
        with pytest.raises(UsageError, match=r"cannot read .*result\.json"):
            evaluated(ref)


def test_no_outputs_at_all(reference, evaluated, tmp_path):
    with pytest.raises(UsageError, match="no outputs at"):
        evaluated(reference())
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match="no finished video"):
        evaluated(reference())


@pytest.mark.parametrize("seed", range(5))
def test_segments_are_paired_as_well_as_can_be(seed):
    generator = random.Random(seed)
    reference, found = (
        union([(s, s + generator.choice((1, 2, 3))) for s in generator.sample(range(0, 24, 2), 5)]) for _ in range(2)
    )
    fits = [(a, b) for a in reference for b in found if overlap(a, b) >= IOU]
    best = max(
        n
        for n in range(len(fits) + 1)
        for chosen in itertools.combinations(fits, n)
        if len({a for a, _ in chosen}) == len({b for _, b in chosen}) == n
    )
    assert len(match_segments(reference, found)) == best


def test_two_halves_of_a_segment_share_it_once():
    assert len(match_segments(((0, 2),), ((0, 1), (1.0000001, 2)))) == 1


def test_intervals_are_seeded_and_hold_the_figure():
    units = [Tally(r, r + 1, r + 2) for r in range(1, 13)]
    whole = sum(units, Tally())
    found = bootstrap(units)
    assert found == bootstrap(units)
    assert found != bootstrap(units, seed=1)
    for figure in ("precision", "recall", "f1"):
        low, high = getattr(found, figure)
        assert low < getattr(whole, figure) < high


def test_intervals_agree_with_resampling_by_hand():
    units = [Tally(1, 2, 2), Tally(2, 2, 2)]  # precision of a resample: 1/2, 3/4 or 1
    assert bootstrap(units).precision == (0.5, 1.0)
    units = [Tally(k % 2, 1, 1) for k in range(400)]  # binomial: 0.5 within 1.96 * 0.025
    assert bootstrap(units).recall == pytest.approx((0.451, 0.549), abs=0.006)


def test_one_contributing_unit_has_no_interval():
    assert bootstrap([Tally(1, 2, 3)]).f1 is None
    found = bootstrap([Tally(1, 2, 3), Tally(0, 0, 5)])
    assert found.precision is None
    assert found.recall is not None


def test_a_single_video_is_resampled_in_blocks_of_time(output, reference, evaluated):
    output("clip", [("anna", 0, 30)], duration=60.0)
    report = evaluated(reference(("clip", "anna", 10, 50)))
    assert (report.units.kind, report.units.count) == ("blocks", 30)
    low, high = report.time.interval.recall
    assert low < 0.5 < high
    assert report.segments.interval is None
    output("two", [("anna", 0, 30)], duration=60.0)
    report = evaluated(reference(("clip", "anna", 10, 50), ("two", "anna", 10, 50)))
    assert (report.units.kind, report.units.count) == ("videos", 2)
    assert report.segments.interval.f1 == (1.0, 1.0) or report.segments.interval.f1 == (0.0, 0.0)


def test_json_holds_the_figures(output, reference, evaluated):
    output("clip", [("anna", 2, 3), ("bert", 5, 6)], [(2.0, [("anna", 0.9)]), (3.0, [("bert", 0.4)])])
    made = as_json(evaluated(reference(("clip", "anna", 2, 4), ("clip", "anna", 5, 6))))
    assert made["time"]["overall"]["recall"] == pytest.approx(1 / 3, abs=1e-6)
    assert made["attribution"]["wrong_person"] == [{"speaker": "anna", "named": "bert", "seconds": 1.0}]
    assert made["attribution"]["missed_because"]["others seen"] == 1.0
    assert made["frames"]["overall"]["ap"] == 1.0
    assert made["bootstrap"] == {
        "units": "blocks", "count": 5, "rough": True, "resamples": 1000, "seed": 0, "level": 0.95
    }  # fmt: skip

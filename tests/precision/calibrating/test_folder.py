"""Calibrating folders that runs have left: what is refused, what is asked for, what comes of labels held out."""

import json

import numpy as np
import pytest

from slceleb_core.errors import UsageError
from slceleb_core.precision.calibrating.calibration import Wish, calibrate
from slceleb_core.precision.calibrating.folder import Request, calibrate_folder
from slceleb_core.precision.calibrating.holding_out import held_out
from slceleb_core.precision.calibrating.wording import advice
from slceleb_core.precision.evidence import Evidence
from slceleb_core.testing.populations import World, drawn_population

from ..decided import a_segment, accepted, write_video

WISH = Wish(0.9, 0.95)
PROFILE = {"detect": {"use": "fake"}, "embed": None, "speaker": {"use": "fake"}, "gates": {"min_size": 10.0}}
MADE = {"provenance": {"profile": PROFILE, "stages": {}}}
HEARD = {"voice": {"use": {"use": "campplus"}, "name": "campplus", "gates": {"min_voice": -1.0}}}


def evidence_of(proving, taught=0, world=None, segments=1500):
    drawn = drawn_population(np.random.default_rng(1), segments, world)
    rows = np.random.default_rng(2).permutation(segments)
    labels = [drawn.label(row, proves=number < proving) for number, row in enumerate(rows[: proving + taught])]
    return Evidence(drawn.population, tuple(labels))


def refused(output, **changes):
    with pytest.raises(UsageError) as caught:
        calibrate_folder(Request(output, WISH, **changes))
    return caught.value


def test_a_folder_in_which_nobody_has_decided_says_how_to_begin(output):
    write_video(output, "talk", [a_segment("talk-0001")], **MADE)
    error = refused(output)
    assert "nobody has decided on any segment" in error.message
    assert "slceleb audit" in error.hint


def test_segments_without_gates_are_refused(output):
    plain = a_segment("talk-0001")
    bare = type(plain).from_json({**plain.to_json(), "gates": {}})
    write_video(output, "talk", [bare], {"talk-0001": accepted()}, **MADE)
    assert "made before gates were kept" in refused(output).message


def test_videos_of_several_profiles_are_refused_with_what_differs(output):
    other = {"provenance": {"profile": {**PROFILE, "gates": {"min_size": 20.0}}, "stages": {}}}
    write_video(output, "talk", [a_segment("talk-0001")], **MADE)
    write_video(output, "walk", [a_segment("walk-0001")], **other)
    error = refused(output)
    assert "talk and walk" in error.message
    assert "profile: see its section gates" in error.message


def test_videos_of_several_models_are_refused(output):
    files = [{"model_files": [{"name": "net.onnx", "sha256": digest}]} for digest in ("aa", "bb")]
    for name, stage in zip(("talk", "walk"), files, strict=True):
        made = {"provenance": {"profile": PROFILE, "stages": {"speaker": {"name": "fake", **stage}}}}
        write_video(output, name, [a_segment(f"{name}-0001")], **made)
    assert "were made with another speaker" in refused(output).message


def test_results_that_do_not_say_how_they_were_made_are_refused(output):
    write_video(output, "talk", [a_segment("talk-0001")], provenance={})
    assert "does not say with which profile" in refused(output).message


def test_an_empty_folder_and_one_without_segments_are_refused(output):
    output.mkdir()
    assert "no finished video" in refused(output).message
    write_video(output, "talk", [], **MADE)
    assert "no segment was found" in refused(output).message


def test_voices_are_limited_only_where_the_profile_asks_for_them(output):
    segments = [a_segment(f"talk-{n:04d}", start=3.0 * n, end=3.0 * n + 2, voice=n / 10) for n in range(1, 6)]
    made = {"provenance": {"profile": PROFILE, "stages": {"voice": {"use": {"use": "campplus"}, "name": "campplus"}}}}
    review = {segment.id: accepted() for segment in segments}
    for number, facts in enumerate((MADE, made)):
        write_video(output / str(number), "talk", [*segments], review, **facts)
        path = output / str(number) / "talk" / "source.json"
        stated = json.loads(path.read_text())
        for told, place in zip(stated["report"]["segments"], range(5), strict=True):
            told["gates"]["voice"] = {"value": place / 10, "limit": -1.0, "comparison": ">="}
        path.write_text(json.dumps(stated))
    paths = [calibrate_folder(Request(output / str(n), WISH)).calibration.path.weights for n in range(2)]
    assert ["voice" in weights for weights in paths] == [False, True]


@pytest.mark.parametrize("asked", [None, {"use": "campplus"}])
def test_a_video_in_which_nobody_speaks_is_not_taken_for_one_whose_voices_were_judged_otherwise(output, asked):
    profile = {**PROFILE, "voice": asked}
    talk = a_segment("talk-0001")
    write_video(output, "mime", [], provenance={"profile": profile, "stages": {}})
    write_video(output, "talk", [talk], {talk.id: accepted()}, provenance={"profile": profile, "stages": HEARD})
    assert calibrate_folder(Request(output, WISH)).calibration.proved == 1


def test_a_video_whose_voices_were_not_judged_as_those_of_the_others_is_named_with_what_judges_them(output):
    write_video(output, "talk", [a_segment("talk-0001")], provenance={"profile": PROFILE, "stages": HEARD})
    write_video(output, "walk", [a_segment("walk-0001")], **MADE)
    error = refused(output)
    assert "talk and walk" in error.message
    assert "slceleb corpus voices" in error.hint


def test_what_lacks_is_named_by_number_and_by_segments_that_nobody_has_looked_at():
    evidence = evidence_of(60)
    made = calibrate(evidence, Wish(0.99, 0.95))
    lack = made.lacking
    assert made.chosen is None
    assert 200 < lack.more < 2000
    assert len(lack.first) == 50
    assert not set(lack.first) & {label.segment for label in evidence.labels}
    assert "drawn at random" in advice(lack)
    assert "more videos" not in advice(lack)


def test_a_folder_that_is_too_small_for_what_lacks_is_said_to_need_more_videos(output):
    segments = [a_segment(f"talk-{n:04d}", start=3.0 * n, end=3.0 * n + 2) for n in range(1, 6)]
    write_video(output, "talk", segments, {segment.id: accepted() for segment in segments}, **MADE)
    lack = calibrate_folder(Request(output, WISH)).calibration.lacking
    assert "only 0 segments there without a label, so it takes more videos like these" in advice(lack)


def test_where_too_many_are_wrong_no_number_of_labels_helps():
    blind = frozenset(
        {"similarity", "margin", "speaking", "asd", "chance", "other_speaker", "voice", "offset", "length"}
    )
    made = calibrate(evidence_of(400, world=World(unseen=0.3, blind=blind)), Wish(0.95, 0.95))
    assert made.chosen is None
    assert made.lacking.more is None
    assert "no number of labels would help" in advice(made.lacking)


def test_labels_that_only_teach_prove_nothing():
    made = calibrate(evidence_of(0, taught=300), WISH)
    assert (made.proved, made.taught, made.chosen) == (0, 300, None)


def test_a_promise_is_that_of_the_loosest_point_whose_bound_reaches_it():
    made = calibrate(evidence_of(500), WISH)
    assert made.low >= 0.9
    proven = [trial.point for trial in made.trials if trial.proven]
    assert made.chosen.point == made.path.points[max(proven)]
    assert [trial.proven for trial in made.trials] == [True] * len(proven) + [False] * (len(made.trials) - len(proven))
    assert len(made.trials) - len(proven) <= 1
    assert made.whole.seconds >= made.chosen.seconds > 0
    seconds = [point.seconds for point in made.curve]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("by", ["video", "person"])
def test_what_was_held_out_is_judged_by_limits_that_it_did_not_choose(by):
    found = held_out(evidence_of(500), WISH, by)
    assert (found.parts, found.reached) == (5, 5)
    assert 100 < found.labels <= 500
    assert found.precision > 0.9

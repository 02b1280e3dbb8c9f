"""Which sound is listened to, and sound that is odd."""

import pytest

NEAR = 0.25
"""Seconds by which a segment may begin or end elsewhere than in the file that the case was made from."""


ALONE = [0.9, 3.93, 4.15, 7.68]
"""Where somebody is found to speak in those two files when they are left nothing but their first sound."""


def bounds(found):
    return [edge for segment in found.segments for edge in (segment.start, segment.end)]


def test_of_two_languages_the_first_is_heard_and_said(case, found_in):
    found = found_in(case("11-two-languages") / "two_languages.mp4")
    assert {segment.person for segment in found.segments} == {"obama"}
    assert bounds(found) == pytest.approx(ALONE, abs=NEAR)
    assert found.summary.video.audio.number == 1
    assert "there is also 2 (aac, fra, mono, default)" in found.summary.warnings[0]


def test_a_second_track_that_nobody_can_decode_leaves_the_first(case, found_in):
    found = found_in(case("13-apac-second-track") / "apac.mov")
    assert bounds(found) == pytest.approx(ALONE, abs=NEAR)
    assert found.summary.warnings == ("audio track 2 (no decoder, eng, default) cannot be decoded, and is passed over",)


def test_of_channels_that_cancel_one_is_heard(case, found_in):
    folder = case("15-antiphase-stereo")
    found = found_in(folder / "antiphase.mov", folder / "grid_swiz3n")
    assert bounds(found) == pytest.approx([0.54, 2.9], abs=NEAR)
    assert "channels cancel each other" in found.summary.warnings[0]


def test_samples_that_are_no_numbers_are_silence(case, found_in):
    folder = case("05-nan-sound-stops-batch")
    found = found_in(folder / "nan_sound.mov", folder / "grid_swiz3n")
    assert bounds(found) == pytest.approx([0.54, 2.9], abs=NEAR)
    assert found.summary.warnings[0].startswith("sound with 41 samples that are no numbers, first at 1.00 s")


def test_sound_whose_rate_changes_is_heard_to_its_end(case, found_in):
    found = found_in(case("33-sound-rate-changes") / "sound_24k_mono_to_48k_stereo.ts")
    origin = found.summary.video.start
    last = found.segments[-1]
    assert last.person == "obama"
    assert last.start - origin < 4.4  # the second speech, in the file that this one was made from: 4.15 to 7.68
    assert last.end - origin == pytest.approx(7.68, abs=NEAR)
    assert not any("gap" in warning for warning in found.summary.warnings)

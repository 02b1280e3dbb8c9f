import pytest

from slceleb_core.errors import UsageError
from slceleb_core.evaluation.reading import Region, Speech, read_regions, read_speech


@pytest.fixture
def written(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_columns_stand_in_any_order_among_others(written):
    text = '\ufeffnote,End,person, start ,video\n"a, b",2.5,Zoë  ,1,clip.mp4\n\n,4,"Ad ""Bo"" Co",3,clip.mp4\n'
    assert read_speech(written("r.csv", text)) == [
        Speech("clip.mp4", "Zoë", 1.0, 2.5),
        Speech("clip.mp4", 'Ad "Bo" Co', 3.0, 4.0),
    ]


def test_a_name_is_the_same_however_its_letters_are_composed(written):
    text = "video,person,start,end\nv,Zoe\u0308,0,1\n"
    assert read_speech(written("r.csv", text))[0].person == "Zo\u00eb"


def test_rttm_speakers_are_read_and_other_lines_are_not(written):
    text = (
        ";; made by hand\nSPKR-INFO clip 1 <NA> <NA> <NA> unknown anna <NA> <NA>\n"
        "SPEAKER clip 1 1.5 0.5 <NA> <NA> anna <NA> <NA>\n\n"
    )
    assert read_speech(written("r.rttm", text)) == [Speech("clip", "anna", 1.5, 2.0)]


def test_regions_are_read_from_csv_and_uem(written):
    expected = [Region("clip", 0.0, 5.0), Region("clip", 7.0, 9.5)]
    assert read_regions(written("u.csv", "video,start,end\nclip,0,5\nclip,7,9.5\n")) == expected
    assert read_regions(written("u.uem", ";; c\nclip 1 0 5\nclip 1 7.0 9.5\n")) == expected


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        ("r.csv", "", 1, "no column video, person, start, end"),
        ("r.csv", "video;person;start;end\n", 1, "no column"),
        ("r.csv", "video,person,start\n", 1, "no column end"),
        ("r.csv", "video,person,start,end\nv,p,0,1\nv,p,zero,1\n", 3, "'zero' is no number"),
        ("r.csv", "video,person,start,end\nv,p,nan,1\n", 2, "'nan' is no number"),
        ("r.csv", "video,person,start,end\nv,p,0,inf\n", 2, "'inf' is no number"),
        ("r.csv", "video,person,start,end\nv,p,2,2\n", 2, "not after its start"),
        ("r.csv", "video,person,start,end\nv, ,0,1\n", 2, "no person"),
        ("r.csv", "video,person,start,end\nv,p,0\n", 2, "3 cells"),
        ("r.csv", 'video,person,start,end\nv,p,0,1\nv,"p"x,0,1\n', 3, "expected after"),
        ("r.rttm", "SPEAKER v 1 0 1 <NA> <NA>\n", 1, "7 fields"),
        ("r.rttm", "\nSPEAKER v 1 0 -1 <NA> <NA> p\n", 2, "not after its start"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(written, name, text, line, what):
    path = written(name, text)
    with pytest.raises(UsageError) as caught:
        read_speech(path)
    assert f"{path}, line {line}: " in caught.value.message
    assert what in caught.value.message
    assert caught.value.hint


def test_regions_are_checked_alike(written):
    for name, text in (("u.csv", "video,start,end\nv,3,1\n"), ("u.uem", ";;\nv 1 3\n")):
        with pytest.raises(UsageError, match="line 2"):
            read_regions(written(name, text))


def test_unreadable_files_are_named(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"video,person,start,end\nv,Zo\xeb,0,1\n")
    with pytest.raises(UsageError, match=r"latin\.csv: it is not UTF-8"):
        read_speech(tmp_path / "latin.csv")
    with pytest.raises(UsageError, match=r"lost\.csv: No such file"):
        read_speech(tmp_path / "lost.csv")


def test_a_name_may_hold_what_is_a_new_line_elsewhere(tmp_path):
    path = tmp_path / "reference.csv"
    path.write_text("video,person,start,end\ntalk,Ada\u2028Lovelace,0,1\n", encoding="utf-8")
    assert [speech.person for speech in read_speech(path)] == ["Ada\u2028Lovelace"]

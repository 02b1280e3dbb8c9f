"""Lists as Windows, Macs and scripts write them (field case 31)."""

import pytest

from slceleb_core.batch.inputs import gather

COMPOSED = "Zo\u00eb.mpg"


@pytest.fixture
def listed(case, tmp_path):
    """Give a function that returns what a list of the field case names, beside files of the names that it means."""
    (tmp_path / "vids").mkdir()
    for name in ("a.mpg", "b c.mpg", COMPOSED):
        (tmp_path / "vids" / name).touch()

    def read(name):
        (tmp_path / name).write_bytes((case("31-lists-of-windows-and-mac") / name).read_bytes())
        return gather([], lists=[tmp_path / name]).items

    return read


@pytest.mark.parametrize(
    ("name", "videos"),
    [
        ("quoted.txt", ["a.mpg"]),
        ("oldmac.txt", ["a.mpg", "b c.mpg"]),
        ("nfd.txt", [COMPOSED]),
        ("list.json", ["a.mpg", "b c.mpg"]),
    ],
)
def test_what_means_a_file_is_taken(listed, name, videos):
    found = listed(name)
    assert [item.video.name for item in found] == videos
    assert all(item.absence is None for item in found)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("url.txt", "url.txt:1: https://www.youtube.com/watch?v=abc: an address, not a file"),
        ("windows.txt", "windows.txt:1: C:\\Users\\me\\a.mpg: a Windows path, and this machine has none"),
    ],
)
def test_what_means_none_is_named_with_its_line(listed, name, line):
    (item,) = listed(name)
    assert item.absence.message.endswith(line)

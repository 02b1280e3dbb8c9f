"""Commands that write into a corpus do so one at a time, and only where there is one."""

import pytest

from slceleb_core.disk.lock import claimed

WRITERS = [
    ("report",),
    ("corpus", "report"),
    ("corpus", "split"),
    ("corpus", "dedupe"),
    ("corpus", "export", "--to", "rttm"),
    ("corpus", "remove", "--video", "second"),
]


@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_a_corpus_in_use_is_left_alone(command, slceleb, corpus_dir):
    """A list that is written during a removal could bring back a name that has just been taken out."""
    with claimed(corpus_dir):
        before = sorted(corpus_dir.rglob("*"))
        code, _, err = slceleb(*command, corpus_dir)
    assert code == 2
    assert "works in the output folder" in err
    assert sorted(corpus_dir.rglob("*")) == before


@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_a_folder_that_is_not_there_is_not_made(command, slceleb, tmp_path):
    code, _, err = slceleb(*command, tmp_path / "corpus")
    assert code == 2
    assert "cannot read the output folder" in err
    assert "Traceback" not in err
    assert not (tmp_path / "corpus").exists()

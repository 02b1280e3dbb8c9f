"""What goes wrong while one file is read and another written: source, encoder and target are told apart."""

import errno
import os

import av
import pytest

from slceleb_core.batch.faults import fault_from
from slceleb_core.disk.atomic import whole_file
from slceleb_core.errors import EncodingError, OutputError, VideoError
from slceleb_core.media.files import from_source


def failing(error):
    yield 1
    raise error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "Input/output error"),
        OSError(errno.ENOSPC, "of the source's disk: nobody writes there"),
        av.error.OSError(errno.EIO, "Input/output error"),
        av.error.ArgumentError(errno.EINVAL, "Invalid argument"),
        av.error.PermissionError(errno.EACCES, "Permission denied"),
        EOFError("no more"),
    ],
    ids=repr,
)
def test_what_reading_the_source_raises_while_a_file_is_written_is_the_sources(tmp_path, error):
    with pytest.raises(VideoError, match="cannot be read on") as caught, whole_file(tmp_path / "clip.mp4"):
        list(from_source(tmp_path / "talk.mp4", failing(error)))
    fault = fault_from(caught.value)
    assert (fault.kind, fault.fatal) == ("video", False)
    assert not list(tmp_path.iterdir())


def take_one(items):
    for _ in items:
        raise OSError(errno.EIO, "mine")


def test_what_a_consumer_raises_is_not_taken_for_the_sources(tmp_path):
    with pytest.raises(OSError, match="mine"):
        take_one(from_source(tmp_path / "talk.mp4", [1, 2]))


def test_a_fault_of_the_program_in_the_source_stays_one(tmp_path):
    with pytest.raises(KeyError), whole_file(tmp_path / "clip.mp4"):
        list(from_source(tmp_path / "talk.mp4", failing(KeyError(0))))


@pytest.mark.parametrize(
    "error",
    [
        av.error.ArgumentError(errno.EINVAL, "Invalid argument"),
        av.error.InvalidDataError(av.error.tag_to_code(b"INDA"), "Invalid data found"),
        av.error.ExternalError(av.error.tag_to_code(b"EXT "), "Generic error in an external library"),
    ],
    ids=repr,
)
def test_what_an_encoder_refuses_is_one_videos_and_kept_with_its_traceback(tmp_path, error):
    with pytest.raises(EncodingError, match="cannot be encoded") as caught, whole_file(tmp_path / "clip.mp4"):
        raise error
    fault = fault_from(caught.value)
    assert (fault.kind, fault.fatal, fault.transient) == ("unexpected", False, False)
    assert "Traceback" in fault.trace


@pytest.mark.parametrize(
    ("number", "transient", "fatal"),
    [
        (errno.ENOSPC, False, True),
        (errno.EDQUOT, False, True),
        (errno.EROFS, False, True),
        (errno.EACCES, False, True),
        (errno.EPERM, False, True),
        (errno.ENOTDIR, False, True),
        (errno.EIO, True, False),
        (errno.ESTALE, True, False),
        (errno.EMFILE, True, False),
        (errno.ENAMETOOLONG, False, False),
        (errno.EFBIG, False, False),
        (errno.EILSEQ, False, False),
        (errno.EINVAL, False, False),
        (errno.ENOENT, False, False),
        (errno.EISDIR, False, False),
    ],
    ids=lambda value: errno.errorcode.get(value, "") if not isinstance(value, bool) else "",
)
def test_only_what_would_keep_any_results_from_being_written_is_fatal(tmp_path, number, transient, fatal):
    with pytest.raises(OutputError, match="cannot be written") as caught, whole_file(tmp_path / "clip.mp4"):
        raise OSError(number, os.strerror(number))
    fault = fault_from(caught.value)
    assert (fault.kind, fault.transient, fault.fatal) == ("output", transient, fatal)


@pytest.mark.parametrize(("number", "fatal"), [(errno.ENOSPC, True), (errno.EIO, False)])
def test_libav_says_the_same_of_the_target(tmp_path, number, fatal):
    with pytest.raises(OutputError) as caught, whole_file(tmp_path / "clip.mp4"):
        raise av.error.OSError(number, os.strerror(number))
    assert fault_from(caught.value).fatal == fatal


def test_a_name_too_long_for_the_disk_fails_one_video(tmp_path):
    with pytest.raises(OutputError) as caught, whole_file(tmp_path / ("long" * 100)) as partial:
        partial.write_bytes(b"")
    assert not fault_from(caught.value).fatal
    assert "shorter" in caught.value.hint

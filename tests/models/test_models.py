"""The model store: order of places, hashes, carriers, and downloads from a server on this machine."""

import errno
import hashlib
import io
import itertools
import os
import socket
import sys
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import slceleb_core.models.store as store_module
from slceleb_core.errors import ModelError, OutputError
from slceleb_core.models import Carrier, Download, ModelFile, ModelStore, sha256_of

CONTENT = bytes(range(256)) * 1024  # 256 KiB: several pieces of a download
NAME = "face.onnx"
CARRIER = Carrier("face-carrier", "1.0", "face_carrier/data/face.onnx", "slceleb-x[offline]")


def model(*downloads: Download, carriers: tuple[Carrier, ...] = (), content: bytes = CONTENT) -> ModelFile:
    sha256 = hashlib.sha256(content).hexdigest()
    return ModelFile(NAME, sha256, len(content), "Apache-2.0", "a face model", carriers, downloads)


@pytest.fixture
def store(tmp_path) -> ModelStore:
    folder = tmp_path / "models"
    folder.mkdir()
    return ModelStore(cache=tmp_path / "cache", folder=folder)


def put(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def one_line(error: pytest.ExceptionInfo[ModelError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 500
    return text


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package that carries a file, by its metadata only: importing it would fail."""
    counter = itertools.count()

    def install(version: str = "1.0", content: bytes | None = CONTENT) -> Path:
        site = tmp_path / f"site{next(counter)}"
        info = site / f"face_carrier-{version}.dist-info"
        put(info / "METADATA", f"Metadata-Version: 2.1\nName: face-carrier\nVersion: {version}\n".encode())
        put(site / "face_carrier" / "__init__.py", b"raise RuntimeError('a carrier must never be imported')\n")
        path = site / CARRIER.path
        if content is not None:
            put(path, content)
        monkeypatch.syspath_prepend(str(site))
        return path

    return install


# ---------------------------------------------------------------- places


def test_places_are_searched_in_order_folder_cache_package(store, install):
    file = model(carriers=(CARRIER,))
    carried = install()
    assert store.locate(file) == carried
    cached = put(store.cache / NAME)
    assert store.locate(file) == cached
    given = put(store.folder / NAME)
    assert store.locate(file) == given
    assert list(store.candidates(file)) == [given, cached, carried]
    assert "face_carrier" not in sys.modules


def test_files_of_one_set_may_lie_in_a_folder_of_their_own(store):
    file = replace(model(), folder="set")
    given = put(store.folder / "set" / NAME)
    assert store.locate(file) == given
    with pytest.raises(ModelError):
        store.locate(model())
    beside = put(store.folder / NAME)
    assert store.locate(file) == beside
    assert list(store.candidates(file)) == [beside, given, store.cache / NAME]


@pytest.mark.parametrize("folder", ["../out", "a/b", "..", "/tmp"])
def test_that_folder_cannot_lead_out(folder):
    with pytest.raises(ValueError, match="bare name"):
        replace(model(), folder=folder)


def test_a_carrier_of_another_version_serves_when_its_file_has_the_hash(store, install):
    install(version="2.5")
    status = store.status(model(carriers=(CARRIER,)))
    assert (status.ok, status.origin, status.error) == (True, "package face-carrier 2.5", None)


def test_a_carrier_with_another_file_is_an_error_naming_the_package_and_the_pin(store, install):
    install(version="2.5", content=b"another model")
    with pytest.raises(ModelError) as error:
        store.locate(model(carriers=(CARRIER,)))
    assert "package face-carrier 2.5" in error.value.message
    assert "'face-carrier==1.0'" in error.value.hint
    one_line(error)


def test_a_carrier_that_lost_its_file_is_passed_over(store, install):
    install(content=None)
    assert store.find(model(carriers=(CARRIER,))) is None


@pytest.mark.parametrize("place", ["folder", "cache"])
def test_a_wrong_hash_is_an_error_even_where_a_later_place_has_the_right_file(store, install, place):
    install()
    wrong = put((store.folder if place == "folder" else store.cache) / NAME, b"another model")
    file = model(carriers=(CARRIER,))
    with pytest.raises(ModelError, match=str(wrong)) as error:
        store.locate(file)
    assert "sha256" in one_line(error)
    status = store.status(file)
    assert (status.path, status.origin, status.ok) == (wrong, place, False)


def test_a_missing_file_names_the_ways_to_get_it(store):
    file = model(Download("http://127.0.0.1:9/face.onnx"), carriers=(CARRIER,))
    with pytest.raises(ModelError) as error:
        store.locate(file)
    text = one_line(error)
    assert "pip install 'slceleb-x[offline]'" in text
    assert f"slceleb models fetch {NAME}" in text
    assert str(store.folder) in text
    status = store.status(file)
    assert (status.path, status.origin, status.ok) == (None, None, None)


def test_without_a_folder_the_ways_out_name_the_variable(tmp_path):
    assert "SLCELEB_MODELS" in ModelStore(cache=tmp_path).ways_out(model())


def test_a_folder_that_does_not_exist_is_an_error_naming_the_variable(store):
    with pytest.raises(ModelError, match=r"SLCELEB_MODELS=.*nowhere") as error:
        replace(store, folder=store.folder / "nowhere").locate(model())
    one_line(error)


def test_a_directory_in_place_of_the_file_is_one_line(store):
    (store.folder / NAME).mkdir()
    with pytest.raises(ModelError, match=r"cannot read model file .*[Dd]irectory") as error:
        store.locate(model())
    one_line(error)


def test_a_file_that_cannot_be_read_is_one_line_and_not_passed_over(store):
    put(store.cache / NAME)
    (store.folder / NAME).symlink_to(store.folder / NAME)  # a loop: unreadable, for the superuser too
    with pytest.raises(ModelError, match="cannot read model file") as error:
        store.locate(model())
    one_line(error)


def test_a_file_is_hashed_once_until_it_changes(store, monkeypatch):
    hashed = []
    monkeypatch.setattr(store_module, "sha256_of", lambda path: hashed.append(path) or sha256_of(path))
    path = put(store.folder / NAME)
    store.locate(model())
    store.locate(model())
    assert hashed == [path]
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(1, 1))  # a clock tick may not have passed
    with pytest.raises(ModelError):
        store.locate(model())
    assert hashed == [path, path]


@pytest.mark.parametrize("name", ["../face.onnx", "a/b.onnx", "", ".."])
def test_a_model_file_name_cannot_lead_out_of_a_folder(name):
    with pytest.raises(ValueError, match="bare file name"):
        replace(model(), name=name)


# ---------------------------------------------------------------- downloads


@dataclass
class Served:
    """What the server answers for one path."""

    content: bytes
    status: int = 200
    ranges: bool = True
    break_at: int | None = None  # close the connection after this many bytes
    requests: list[str | None] = field(default_factory=list)  # the Range headers that came


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        served: Served = self.server.served[self.path]
        asked = self.headers.get("Range")
        served.requests.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and served.ranges else 0
        if start and start >= len(served.content):
            self.send_error(416)
            return
        body = served.content[start:]
        self.send_response(206 if start else served.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if served.break_at is None else body[: served.break_at])

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.served = {}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def serve(name: str, served: Served) -> str:
        server.served[f"/{name}"] = served
        return f"http://127.0.0.1:{server.server_port}/{name}"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def left(store: ModelStore) -> list[str]:
    return sorted(path.name for path in store.cache.iterdir())


def test_a_file_is_fetched_announced_and_found_from_then_on(store, serve):
    served = Served(CONTENT)
    url = serve(NAME, served)
    lines, steps = [], []
    store = replace(store, announce=lines.append, progress=lambda *step: steps.append(step))
    file = model(Download(url))
    path = store.fetch(file)
    assert path.read_bytes() == CONTENT
    assert len(lines) == 1
    assert all(word in lines[0] for word in (NAME, "0.3 MB", "Apache-2.0", url))
    assert steps[-1] == (NAME, len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in steps] == sorted({done for _, done, _ in steps})
    assert left(store) == [NAME]
    assert store.locate(file) == store.fetch(file) == path
    assert len(served.requests) == 1


def test_fetch_leaves_an_installed_carrier_alone(store, install):
    carried = install()
    assert store.fetch(model(Download("http://127.0.0.1:9/"), carriers=(CARRIER,))) == carried


def test_locate_never_opens_a_connection(store, serve):
    served = Served(CONTENT)
    with pytest.raises(ModelError):
        store.locate(model(Download(serve(NAME, served))))
    assert served.requests == []


def test_another_file_at_the_address_is_an_error_and_leaves_nothing(store, serve):
    url = serve(NAME, Served(b"<html>please log in</html>"))
    with pytest.raises(ModelError, match="not the file that is pinned") as error:
        store.fetch(model(Download(url)))
    assert url in one_line(error)
    assert left(store) == []


def test_an_absent_file_is_one_line_with_the_address_and_the_ways_out(store, serve):
    url = serve(NAME, Served(b"", status=404))
    with pytest.raises(ModelError, match="404") as error:
        store.fetch(model(Download(url), carriers=(CARRIER,)))
    assert url in error.value.message
    assert "pip install" in error.value.hint
    one_line(error)
    assert left(store) == []


def test_the_next_address_is_tried(store, serve):
    file = model(Download(serve("gone", Served(b"", status=404))), Download(serve(NAME, Served(CONTENT))))
    assert store.fetch(file).read_bytes() == CONTENT


@contextmanager
def closed_port():
    """A port of this machine that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        yield taken.getsockname()[1]


def test_no_network_is_one_line_with_the_ways_out(store):
    with closed_port() as port, pytest.raises(ModelError, match="refused") as error:
        store.fetch(model(Download(f"http://127.0.0.1:{port}/face.onnx"), carriers=(CARRIER,)))
    assert "pip install 'slceleb-x[offline]'" in one_line(error)


def test_an_address_that_makes_no_sense_is_one_line(store):
    with pytest.raises(ModelError) as error:
        store.fetch(model(Download("gopher://example/face.onnx")))
    one_line(error)


def test_offline_nothing_is_asked_of_the_network(store, serve):
    served = Served(CONTENT)
    with pytest.raises(ModelError, match="SLCELEB_OFFLINE") as error:
        replace(store, offline=True).fetch(model(Download(serve(NAME, served)), carriers=(CARRIER,)))
    assert "pip install" in one_line(error)
    assert served.requests == []


def test_a_file_without_an_address_says_so(store):
    with pytest.raises(ModelError, match="no address") as error:
        store.fetch(model(carriers=(CARRIER,)))
    assert "with a network" not in one_line(error)


def test_a_broken_download_never_looks_whole_and_is_gone_on_with(store, serve):
    served = Served(CONTENT, break_at=150_000)
    file = model(Download(serve(NAME, served)))
    with pytest.raises(ModelError) as error:
        store.fetch(file)
    one_line(error)
    assert store.find(file) is None
    (part,) = left(store)
    done = (store.cache / part).stat().st_size
    assert 0 < done <= 150_000
    served.break_at = None
    steps = []
    path = replace(store, progress=lambda *step: steps.append(step)).fetch(file)
    assert path.read_bytes() == CONTENT
    assert served.requests == [None, f"bytes={done}-"]
    assert steps[0][1] > done
    assert steps[-1] == (NAME, len(CONTENT), len(CONTENT))
    assert left(store) == [NAME]


def broken_part(store: ModelStore, file: ModelFile, served: Served) -> Path:
    """Break a download off, and return what was left of it."""
    served.break_at = 150_000
    with pytest.raises(ModelError):
        store.fetch(file)
    served.break_at = None
    (part,) = store.cache.iterdir()
    return part


def test_a_server_that_cannot_go_on_starts_anew(store, serve):
    served = Served(CONTENT, ranges=False)
    file = model(Download(serve(NAME, served)))
    broken_part(store, file, served)
    assert store.fetch(file).read_bytes() == CONTENT


def test_a_part_that_is_whole_is_taken_without_asking_again(store, serve):
    served = Served(CONTENT)
    file = model(Download(serve(NAME, served)))
    broken_part(store, file, served).write_bytes(CONTENT)
    assert store.fetch(file).read_bytes() == CONTENT
    assert len(served.requests) == 1


@pytest.mark.parametrize("rubbish", [b"x" * 100, CONTENT + b"x"], ids=["another start", "too long"])
def test_a_part_that_is_rubbish_spoils_one_attempt_at_most(store, serve, rubbish):
    served = Served(CONTENT)
    file = model(Download(serve(NAME, served)))
    broken_part(store, file, served).write_bytes(rubbish)
    with pytest.raises(ModelError):
        store.fetch(file)
    assert store.find(file) is None
    assert store.fetch(file).read_bytes() == CONTENT


# ---------------------------------------------------------------- archives


def archived(serve, members: dict[str, bytes], member: str, sha256: str | None = None) -> ModelFile:
    content = zipped(members)
    url = serve("pack.zip", Served(content))
    return model(Download(url, member, sha256 or hashlib.sha256(content).hexdigest()))


def test_a_member_of_an_archive_is_fetched_alone(store, serve):
    file = archived(serve, {"pack/other.onnx": b"other", "pack/face.onnx": CONTENT}, "pack/face.onnx")
    assert store.fetch(file).read_bytes() == CONTENT
    assert left(store) == [NAME]


@pytest.mark.parametrize("member", ["../escaped.onnx", "/escaped.onnx"])
def test_names_in_an_archive_never_become_paths(store, serve, tmp_path, member):
    file = archived(serve, {member: CONTENT, "../../other": b"x"}, member)
    assert store.fetch(file) == store.cache / NAME
    assert left(store) == [NAME]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "models"]


def test_an_archive_with_another_hash_is_not_opened(store, serve):
    with pytest.raises(ModelError, match=r"pack\.zip: not the file that is pinned"):
        store.fetch(archived(serve, {"face.onnx": CONTENT}, "face.onnx", sha256="0" * 64))
    assert left(store) == []


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"other.onnx": CONTENT}, "no item named"),
        ({"face.onnx": CONTENT[:-1]}, "bytes, expected"),
        ({"face.onnx": CONTENT[::-1]}, "not the file that is pinned"),
    ],
    ids=["absent", "another size", "another content"],
)
def test_an_archive_without_the_right_member_is_one_line_and_leaves_nothing(store, serve, members, reason):
    with pytest.raises(ModelError, match=reason) as error:
        store.fetch(archived(serve, members, "face.onnx"))
    one_line(error)
    assert left(store) == []


def test_what_is_not_an_archive_is_one_line(store, serve):
    content = b"not a zip"
    url = serve("pack.zip", Served(content))
    with pytest.raises(ModelError, match="not a zip file") as error:
        store.fetch(model(Download(url, "face.onnx", hashlib.sha256(content).hexdigest())))
    one_line(error)


# ---------------------------------------------------------------- disks


def test_a_cache_that_cannot_be_made_is_an_output_error(store, serve):
    put(store.cache, b"a file where the cache should be")
    with pytest.raises(OutputError, match="cannot write") as error:
        store.fetch(model(Download(serve(NAME, Served(CONTENT)))))
    one_line(error)


@pytest.fixture
def full_disk():
    """Let files grow to 100 kB and no further, as on a disk that fills up."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_an_output_error_and_nothing_looks_whole(store, serve, full_disk):
    file = model(Download(serve(NAME, Served(CONTENT))))
    with pytest.raises(OutputError, match=os.strerror(errno.EFBIG)) as error:
        store.fetch(file)
    assert str(store.cache) in one_line(error)
    assert store.find(file) is None


def test_a_disk_that_fills_up_while_unpacking_keeps_the_archive_for_the_next_time(store, serve, full_disk):
    file = archived(serve, {"face.onnx": CONTENT}, "face.onnx")
    with pytest.raises(OutputError):
        store.fetch(file)
    assert store.find(file) is None
    assert [Path(name).suffix for name in left(store)] == [".part"]


def test_real_files_of_the_shared_folder_are_told_apart():
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "models"
    path = folder / "face_landmarker.task"
    if not path.exists():
        pytest.skip("shared/models is not beside this checkout")
    sha256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
    file = ModelFile(path.name, sha256, path.stat().st_size, "Apache-2.0", "landmarks")
    store = ModelStore(cache=folder / "no-cache", folder=folder)
    assert store.locate(file) == path
    with pytest.raises(ModelError):
        store.verify(file, folder / "README.md")

"""The journal: what became of every video of an output folder, in one SQLite file.

Only the process that runs the batch writes it (``disk.lock`` keeps others out); anybody may read it meanwhile, with
``sqlite3 journal.sqlite`` for instance. Every change is one transaction that is on the disk when the call returns. The
rollback journal is used, not the write-ahead log, whose shared memory no network folder has.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from slceleb_core.batch.gc_pause import without_gc
from slceleb_core.batch.journal_rows import VideoRecord, columns_of, row_of
from slceleb_core.disk.lock import record_locks_work
from slceleb_core.disk.timestamps import utc_timestamp
from slceleb_core.errors import OutputError, UsageError
from slceleb_core.jobs import Report, report_from_json, report_to_json
from slceleb_core.types import JsonValue

JOURNAL = "journal.sqlite"
"""What the file is called."""

APPLICATION = 0x534C4342
"""SQLite's application id of a journal: ``SLCB``."""

VERSION = 1
"""Of the tables; a journal of a later version is not touched."""

PATIENCE = 60.0
"""Seconds to wait for a reader of the journal to let go of it."""

MOVE = "move it away and run again: results stand and will be adopted"

TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, ending TEXT,
    command TEXT NOT NULL, options TEXT NOT NULL, versions TEXT NOT NULL, profile TEXT NOT NULL
);
CREATE TABLE videos (
    name TEXT PRIMARY KEY, path TEXT NOT NULL, size INTEGER, mtime_ns INTEGER, fingerprint TEXT NOT NULL,
    key TEXT NOT NULL, item TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'done', 'failed', 'skipped')),
    reason TEXT NOT NULL, fault TEXT, attempts INTEGER NOT NULL, begun TEXT, ended TEXT, seconds REAL NOT NULL,
    place INTEGER NOT NULL, run INTEGER REFERENCES runs
);
CREATE TABLE provenances (digest TEXT PRIMARY KEY, provenance TEXT NOT NULL);
CREATE TABLE reports (
    name TEXT PRIMARY KEY REFERENCES videos, report TEXT NOT NULL, provenance TEXT NOT NULL REFERENCES provenances
);
"""
"""Reports are kept apart from what changes often; what they have in common, their provenance, is kept once."""

DATA = (("videos", "item"), ("videos", "fault"), ("runs", "command"), ("runs", "options"))
"""Tables and columns that hold, as JSON, what was asked for and what went wrong: all that a user has put into words."""

PUT = """
INSERT OR REPLACE INTO videos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is written down of a run itself, to know later what was asked for, and to go on without asking again.

    Attributes
    ----------
    output_dir
        Where results go.
    command
        The command line.
    options
        What a resumed run takes from this one; JSON-ready.
    versions
        Of the program and its libraries.
    profile
        The profile with every default written out.
    program
        Hash of the program (``artefacts.program.program_of``).
    """

    output_dir: Path
    command: tuple[str, ...]
    options: dict[str, JsonValue]
    versions: dict[str, str]
    profile: dict[str, JsonValue]
    program: str = ""


@dataclass(frozen=True, slots=True)
class LastRun:
    """What is written down of the last run.

    Attributes
    ----------
    number
        Its own, as of ``VideoRecord.run``.
    options, profile
        As of :class:`RunFacts`.
    ending
        How it ended, in a word; None: nobody has written that down, as its process was killed.
    """

    number: int
    options: dict[str, JsonValue]
    profile: dict[str, JsonValue]
    ending: str | None


class Journal:
    """An open journal; a context manager that closes it.

    Parameters
    ----------
    path
        The file; made where it is missing.

    Raises
    ------
    UsageError
        It is no journal, one of a later version, or damaged.
    OutputError
        It cannot be written to: no permission, no space.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._run: int | None = None
        with self._explained():
            locking = "" if record_locks_work(path) else "?nolock=1"  # `claimed` has warned of that
            place = f"{path.absolute().as_uri()}{locking}"
            self._base = sqlite3.connect(place, timeout=PATIENCE, isolation_level=None, uri=True)
            try:
                self._prepare()
            except BaseException:
                self._base.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def rows(self) -> dict[str, VideoRecord]:
        """Return every video that the journal knows, by name.

        Raises
        ------
        UsageError
            The journal is damaged.
        """
        with self._explained(), without_gc():
            return {row.name: row for row in map(row_of, self._base.execute("SELECT * FROM videos"))}

    def reports(self) -> dict[str, Report]:
        """Return the reports of the videos that are done, by name. Those of equal provenance share it in memory.

        Raises
        ------
        UsageError
            The journal is damaged.
        """
        query = "SELECT name, report, provenance FROM reports JOIN videos USING (name) WHERE status = 'done'"
        with self._explained(), without_gc():
            shared = dict(self._base.execute("SELECT * FROM provenances"))
            provenances = {digest: json.loads(text) for digest, text in shared.items()}
            return {
                name: report_from_json({**json.loads(text), "provenance": provenances[digest]})
                for name, text, digest in self._base.execute(query)
            }

    def last_run(self) -> LastRun | None:
        """Return what is written down of the last run; None where there was none.

        Raises
        ------
        UsageError
            The journal is damaged.
        """
        with self._explained():
            query = "SELECT id, options, profile, ending FROM runs ORDER BY id DESC LIMIT 1"
            found = self._base.execute(query).fetchone()
            return None if found is None else LastRun(found[0], json.loads(found[1]), json.loads(found[2]), found[3])

    def run_options(self) -> list[dict[str, JsonValue]]:
        """Return the options of every run, those of the first one first.

        Raises
        ------
        UsageError
            The journal is damaged.
        """
        with self._explained():
            return [json.loads(text) for (text,) in self._base.execute("SELECT options FROM runs ORDER BY id")]

    def begin_run(self, facts: RunFacts, rows: Iterable[VideoRecord], reports: Iterable[Report]) -> None:
        """Write down that a run has begun, what its videos are, and the reports of those that are adopted.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        values = [json.dumps(v) for v in (facts.command, facts.options, facts.versions, facts.profile)]
        with self._transaction():
            into = "INSERT INTO runs (started, command, options, versions, profile) VALUES (?, ?, ?, ?, ?)"
            self._run = self._base.execute(into, [utc_timestamp(), *values]).lastrowid
            self._put(rows, reports)

    def put(self, rows: Iterable[VideoRecord], reports: Iterable[Report] = ()) -> None:
        """Write down what became of some videos of this run: all of it, or nothing.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        with self._transaction():
            self._put(rows, reports)

    def redact(self, videos: Iterable[str], clean: Callable[[JsonValue], JsonValue]) -> None:
        """Take out videos, every report, and what else is not to be known any more; no byte of it stays in the file.

        A report that is not there is read from the video's folder by the next run.

        Parameters
        ----------
        videos
            Names of the videos that go.
        clean
            Returns text or data without what is to go: given what was asked for, and what is said of each video.

        Raises
        ------
        UsageError
            The journal is damaged.
        OutputError
            It cannot be written.
        """
        with self._explained():
            self._base.execute("PRAGMA secure_delete = ON")
        with self._transaction():
            self._base.execute("DELETE FROM reports")
            self._base.execute("DELETE FROM provenances")
            self._base.executemany("DELETE FROM videos WHERE name = ?", ([name] for name in videos))
            self._rewrite("videos", "reason", clean)
            for table, column in DATA:
                self._rewrite(table, column, lambda text: json.dumps(clean(json.loads(text))))
        with self._explained():
            self._base.execute("VACUUM")

    def end_run(self, ending: str) -> None:
        """Write down how this run ended, in a word.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        with self._transaction():
            self._base.execute(
                "UPDATE runs SET ended = ?, ending = ? WHERE id = ?", [utc_timestamp(), ending, self._run]
            )

    def _rewrite(self, table: str, column: str, clean: Callable[[str], str]) -> None:
        """Have the text of a column say something else, where it is there."""
        query = f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - names of ours
        for row, text in self._base.execute(query).fetchall():
            if (cleaned := clean(text)) != text:
                self._base.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [cleaned, row])  # noqa: S608

    def _put(self, rows: Iterable[VideoRecord], reports: Iterable[Report]) -> None:
        self._base.executemany(PUT, (columns_of(replace(row, run=self._run)) for row in rows))
        for report in reports:
            text = json.dumps(report.provenance)
            digest = hashlib.sha256(text.encode()).hexdigest()
            self._base.execute("INSERT OR IGNORE INTO provenances VALUES (?, ?)", [digest, text])
            own = json.dumps(report_to_json(replace(report, provenance={})))
            self._base.execute("INSERT OR REPLACE INTO reports VALUES (?, ?, ?)", [report.name, own, digest])

    def _prepare(self) -> None:
        self._base.execute("PRAGMA journal_mode = TRUNCATE")
        self._base.execute("PRAGMA synchronous = FULL")
        application, version, tables = (
            self._base.execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if (application, version, tables) == (0, 0, 0):
            with self._transaction():
                for statement in TABLES.split(";"):
                    self._base.execute(statement)
                self._base.execute(f"PRAGMA application_id = {APPLICATION}")
                self._base.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION:
            raise UsageError(f"{self.path} is not a journal of slceleb", MOVE)
        elif version > VERSION:
            raise UsageError(f"the journal {self.path} was written by a later version of slceleb", MOVE)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._explained():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:  # SQLite itself rolls back after some errors
                    self._base.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite and the file system say into errors that a user can mend."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                raise UsageError(f"the journal {self.path} is damaged: {error}", MOVE) from error
            raise OutputError(f"cannot write the journal {self.path}: {error}", _remedy(str(error))) from error
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.InterfaceError):
            raise
        except (sqlite3.DatabaseError, ValueError, KeyError) as error:
            raise UsageError(f"the journal {self.path} is damaged: {error}", MOVE) from error


def _remedy(said: str) -> str:
    if "full" in said or "disk I/O" in said:
        return "free some space and run again; earlier results are untouched"
    if "locked" in said:
        return "another program has it open: close that and run again"
    return "choose another --output-dir"

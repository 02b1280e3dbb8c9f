"""How results reach the disk and stay there: lock, sweep, publish, atomic writes, names, what was removed.

The names below are for those who write a sink, or a runner that carries results from elsewhere into an output folder.
"""

from __future__ import annotations

from slceleb_core.disk.atomic import PARTIAL, Aside, sweep, token
from slceleb_core.disk.fingerprint import fingerprint as fingerprint_of
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.output import EARLIER, SOURCE, prepare, put_in_place, set_aside, statement_of
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.removals import refuse_results

__all__ = [
    "EARLIER",
    "PARTIAL",
    "SOURCE",
    "Aside",
    "fingerprint_of",
    "prepare",
    "put_in_place",
    "refuse_results",
    "safe_name",
    "set_aside",
    "statement_of",
    "sweep",
    "token",
    "writing",
]

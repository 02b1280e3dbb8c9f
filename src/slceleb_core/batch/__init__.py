"""Many videos: what is to be done, who does it, what became of it. Nothing here decides what a result is.

The names below are for those who write a runner; they open with the first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slceleb_core.batch.crews import crew_of_this_machine
    from slceleb_core.batch.faults import fault_from
    from slceleb_core.batch.item_files import fingerprint_of, refuse_report
    from slceleb_core.batch.log_forwarding import forwarding
    from slceleb_core.batch.worker import Worker, existing_report

__all__ = [
    "Worker",
    "crew_of_this_machine",
    "existing_report",
    "fault_from",
    "fingerprint_of",
    "forwarding",
    "refuse_report",
]

_HOMES = {
    "Worker": "worker",
    "crew_of_this_machine": "crews",
    "existing_report": "worker",
    "fault_from": "faults",
    "fingerprint_of": "item_files",
    "forwarding": "log_forwarding",
    "refuse_report": "item_files",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""One video, from its file to its results: the one owner of its state.

The modules that begin with an underscore are this room's own; whoever stands outside takes what he needs from here.
"""

from __future__ import annotations

from slceleb_core.run._group_cutter import CameraCutter, GroupCutter
from slceleb_core.run._provider import OpenStages, StageProvider
from slceleb_core.run._publishing import Processed, Statement, moved_by_of, report_on, sound_of, write_down
from slceleb_core.run._statistics import RunStatistics
from slceleb_core.run._view import CameraFile
from slceleb_core.run.assembling import Ensemble, assemble
from slceleb_core.run.group_run import Group, GroupRun, Microphone
from slceleb_core.run.lag_run import MeasuredLag, measure_lag
from slceleb_core.run.video_run import NO_SHELF, Observer, Progress, VideoRun

__all__ = [
    "NO_SHELF",
    "CameraCutter",
    "CameraFile",
    "Ensemble",
    "Group",
    "GroupCutter",
    "GroupRun",
    "MeasuredLag",
    "Microphone",
    "Observer",
    "OpenStages",
    "Processed",
    "Progress",
    "RunStatistics",
    "StageProvider",
    "Statement",
    "VideoRun",
    "assemble",
    "measure_lag",
    "moved_by_of",
    "report_on",
    "sound_of",
    "write_down",
]

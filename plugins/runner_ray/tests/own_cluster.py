"""Starts a cluster of this machine alone, and tells what there is to know of it; run by a test."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from slceleb_core.jobs import BatchJob
from slceleb_core.testing import builders
from slceleb_runner_ray.config import RayConfig
from slceleb_runner_ray.runner import RayRunner


def main() -> None:
    """Print the facts as JSON."""
    with RayRunner(RayConfig(max_workers=1), builders.context()) as runner:
        runner.begin(BatchJob(profile={}, output_dir=Path(sys.argv[1])), 1)
        import ray
        from ray._common.usage import usage_lib

        facts = {
            "usage_stats": os.environ["RAY_USAGE_STATS_ENABLED"],
            "enabled": usage_lib.usage_stats_enabled(),
            "dashboard": ray.get_runtime_context().worker.node.webui_url,
            "token": bool(os.environ.get("RAY_AUTH_TOKEN")),
            "slots": runner.slots,
        }
    print(json.dumps(facts))  # noqa: T201


if __name__ == "__main__":
    main()

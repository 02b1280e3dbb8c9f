"""The options of the runner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from slceleb_core.stages import StageConfig

MIB = 2**20

Amount = Annotated[float, Field(gt=0, le=100_000)]


class RayConfig(StageConfig):
    """Options of :class:`~slceleb_runner_ray.runner.RayRunner`."""

    address: str | None = Field(
        None,
        min_length=1,
        description="Where the cluster is: `ray://HOST:10001` from outside of it; `auto`, or `HOST:6379`, on one of "
        "its machines. Without: a cluster of this machine alone, which ends with the run.",
    )
    namespace: str | None = Field(None, min_length=1, description="Ray namespace of the run; without: one of its own.")
    num_cpus: float = Field(1.0, gt=0, le=1024, description="Processors that a worker is reckoned with.")
    num_gpus: float = Field(
        0.0,
        ge=0,
        le=64,
        description="GPUs that a worker is given; 0.5: two share one; 0: it sees none.",
    )
    memory: int | None = Field(
        None, ge=1, le=2**24, description="Memory that a worker is reckoned with, in MiB; without: it is not reckoned."
    )
    resources: dict[str, Amount] = Field(
        {}, description="Custom resources that a worker takes, by name; only nodes that have them are used."
    )
    max_workers: int | None = Field(
        None, ge=1, le=100_000, description="Most workers at a time; without: as many as there is room for."
    )
    results: str | None = Field(
        None,
        description="URL under which results are put (`s3://BUCKET/FOLDER`, or whatever else fsspec knows); the output "
        "folder then gets a copy without sound and pictures. Without: the output folder, which all nodes must see.",
    )
    scratch: Path | None = Field(
        None,
        description="Folder on each node for results on their way to the URL; without: the system's temporary folder.",
    )
    patience: float = Field(
        300.0, gt=0, le=86_400, description="Seconds without a node that can be used, after which the batch is stopped."
    )

    @field_validator("results")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is not None and "://" not in value:
            raise ValueError(f"{value!r} is no URL, such as s3://bucket/folder")
        return value

    def demand(self) -> dict[str, float]:
        """Return what a worker takes of a node, under Ray's names of resources; nothing that is 0."""
        memory = 0.0 if self.memory is None else float(self.memory * MIB)
        wanted = {"CPU": self.num_cpus, "GPU": self.num_gpus, "memory": memory, **self.resources}
        return {name: amount for name, amount in wanted.items() if amount > 0}

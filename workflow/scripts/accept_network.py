"""Take a trained network into the ensemble, if it has learnt its task."""

import shutil
from typing import TYPE_CHECKING

from opdims.files import atomic
from pipeline.acceptance import refusal
from pipeline.jobs import run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(weights: str, history: str, accepted: str, task: str, network: int, cost_ceiling: float) -> None:
    if reason := refusal(weights, history, cost_ceiling):
        raise RuntimeError(f"{task}: network {network} has not learnt its task: {reason}; its training is in {history}")
    with atomic(accepted) as temporary:
        shutil.copyfile(weights, temporary)


if __name__ == "__main__":
    run(main, snakemake)

"""The largest memory of each stage for one network, in a process of its own, from training to evaluation."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Row, run
from opdims.catalogue import load_task
from opdims.names import REDUCTIONS

TASK = "context_integration"
# Each stage as its rule calls it; what it takes does not grow with iterations or, in blocks, with ranks.
STAGES = {
    "start-up alone": "import evaluate_networks",
    "train_network": """
import train_network
constants = {{
    "units": {units}, "gain": 1.0, "tau": 10.0, "dt": 1.0, "noise_std": 0.1, "nonlinearity": "tanh", "bias": False
}}
train_network.main(
    weights="network.h5", history="history.csv", checkpoint="checkpoint.pt", network=1, task={task}, code="",
    device="cpu", seed=1, constants=constants, training={training},
)
""",
    "sample_states": """
import sample_states
sample_states.main(
    networks=["network.h5"], states="states.nc", task={task}, device="cpu", seed=1, sampling={sampling}
)
""",
    "find_dimensions": """
import find_dimensions
find_dimensions.main(
    networks=["network.h5"], states="states.nc", columns="columns.nc", rows="rows.nc", task={task}, device="cpu",
    dimensions={{"threshold": 1e-8}},
)
""",
    "reduce_networks": """
import reduce_networks
reduce_networks.main(
    networks=["network.h5"], states="states.nc", columns="columns.nc", rows="rows.nc", reduced={reduced},
    device="cpu", reductions={reductions},
)
""",
    "evaluate_networks": """
import evaluate_networks
evaluate_networks.main(
    networks=["network.h5"], reduced={reduced}, performance={tables}, task={task}, device="cpu", seed=1,
    ranks=[0, 3, {units} // 2, {units}], evaluation={evaluation}, memory=2000,
)
""",
}
ROWS = """
from benchmarks.measuring import random_network
from opdims.dimensions import local_row_dimensions
local_row_dimensions(*random_network(800, {locations}))
"""
PEAK = """
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""  # in KiB; ru_maxrss would count the process that started this one, too


def peak(code: str, folder: str) -> float:
    """Return the largest memory (MB) of a process that runs the code."""
    start = "import torch; torch.set_num_threads(1)\n"
    run = subprocess.run(
        [sys.executable, "-c", start + code + PEAK], cwd=folder, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(run.stdout) * 1024 / 1e6


def rows(quick: bool) -> Iterator[Row]:
    if not Path("/proc/self/status").exists():
        return  # only Linux tells a process's peak by itself
    units = 50 if quick else 100
    task = load_task(TASK)
    names = {
        "training": {key: value for key, value in task.training.items() if key != "cost_ceiling"}
        | {"phases": [{"iterations": 2, "dt": 1.0}]},
        "sampling": task.sampling,
        "evaluation": task.evaluation,
        "task": {"name": TASK},
        "units": units,
        "reductions": list(REDUCTIONS),
        "reduced": [f"{name}.nc" for name in REDUCTIONS],
        "tables": [f"{name}.csv" for name in REDUCTIONS],
    }
    with tempfile.TemporaryDirectory() as folder:
        for stage, code in STAGES.items():
            yield Row("memory", f"{stage}, N = {units}", peak(code.format(**names), folder), "MB")
        for locations in () if quick else (120, 480):
            amount = peak(ROWS.format(locations=locations), folder)
            yield Row("memory", f"exact rows, N = 800, {locations} locations", amount, "MB")


if __name__ == "__main__":
    run(rows)

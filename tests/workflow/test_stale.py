"""What another version of a package, or another device, reruns."""

import pytest

pytestmark = pytest.mark.slow

TINY = ("--configfile", "tiny.yaml", "--config", "chunk_size=2")
PINS = "envs/requirements.txt"


@pytest.fixture(scope="module")
def every_rule(finished) -> set[str]:
    return finished.planned(*TINY, "--forceall")


def planned_with_another(finished, package: str) -> set[str]:
    finished.edit(PINS, f"\n{package}==", f"\n{package}==0.")
    try:
        return finished.planned(*TINY)
    finally:
        finished.edit(PINS, f"\n{package}==0.", f"\n{package}==")


@pytest.mark.parametrize("package", ["torch", "numpy", "scipy", "pandas", "h5py"])
def test_another_version_of_what_training_imports_reruns_everything(finished, every_rule, package):
    assert "train_network" in every_rule
    assert planned_with_another(finished, package) == every_rule


@pytest.mark.parametrize("package", ["xarray", "h5netcdf"])
def test_another_version_of_what_writes_netcdf_reruns_all_but_the_training(finished, every_rule, package):
    assert planned_with_another(finished, package) == every_rule - {"train_network", "accept_network"}


@pytest.mark.parametrize("package", ["matplotlib", "seaborn"])
def test_another_version_of_what_draws_reruns_drawings(finished, every_rule, package):
    draw = {rule for rule in every_rule if rule.startswith("draw_")}
    assert len(draw) == 7  # all figures, and one rule for those of functions
    assert planned_with_another(finished, package) == draw | {"all"}


@pytest.mark.parametrize("package", ["snakemake", "snakemake-executor-plugin-slurm", "pooch", "jsonschema"])
def test_another_version_of_what_changes_no_result_reruns_nothing(finished, package):
    assert planned_with_another(finished, package) == set()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_another_device_reruns_nothing(finished, device):
    assert finished.planned(*TINY, f"device={device}") == set()

"""The workflow on a cluster: the results of a local run, what goes where, and what is shown of a failure."""

from collections import Counter

import pytest

from project import TASKS, Project

TINY = ("--configfile", "tiny.yaml")
PREPARE = frozenset({"sample_states", "find_dimensions", "reduce_networks"})
ON_GPUS = [PREPARE, *(frozenset({rule}) for rule in ("evaluate_networks", "evaluate_functions", "find_fixed_points"))]


def test_tables_and_figures_are_the_same_bytes_as_those_of_a_local_run(built, finished):
    project, _ = built
    assert len(finished.csv_files()) == 10 + 8
    assert project.csv_files() == finished.csv_files()


def test_jobs_are_as_few_as_groups_and_chunks_allow(built):
    project, stdout = built
    jobs = project.jobs()
    expected = dict.fromkeys([*ON_GPUS, frozenset({"trace_network"})], len(TASKS))  # one chunk a task
    assert Counter(job.rules for job in jobs) == expected | {frozenset({"train_network"}): 1}
    assert [job.state for job in jobs] == ["COMPLETED"] * len(jobs)
    assert stdout.count("has been submitted with SLURM jobid") == len(jobs)


def test_heavy_rules_have_a_gpu_and_light_ones_no_job(built):
    project, stdout = built
    for job in project.jobs():
        assert (job.partition, job.gpus) == (("gpu", 1) if job.rules in ON_GPUS else ("cpu", 0)), job
    for rule in ("tabulate_performance", "summarise_figure_3", "draw_figure_3", "check_claims"):
        assert f"] {rule}: tiny (" in stdout


def test_each_job_has_the_log_of_its_rule_and_one_of_slurm(built):
    project, _ = built
    for name in ("train_network_2", "sample_states_1", "evaluate_networks_1"):
        for task in TASKS:
            assert (project.folder / "logs" / "tiny" / task / f"{name}.log").exists()
    for job in project.jobs():
        (log,) = project.folder.glob(f"logs/slurm/**/{job.id}.log")
        assert any(rule in str(log.relative_to(project.folder)) for rule in job.rules)


def test_a_second_run_has_nothing_to_do(built):
    project, _ = built
    run = project.run(*TINY)
    assert run.returncode == 0, run.stdout
    assert "Nothing to be done" in run.stdout


def test_a_network_that_does_not_learn_is_named_and_jobs_that_do_not_need_it_go_on(project):
    project.write("high.yaml", {"training": {"sine_generation": {"cost_ceiling": 1.0e-9}}})
    networks = [f"results/tiny/{task}/networks/network_{number}.h5" for task in TASKS for number in (1, 2)]
    run = project.run(*TINY, "high.yaml", "--", *networks)
    assert run.returncode == 1, run.stdout
    assert run.stdout.count("accept_network_1: sine_generation: network 1 has not learnt its task: its cost") == 1
    assert "above cost_ceiling 1e-09" in run.stdout
    assert "Networks of tiny that have not learnt their task: sine_generation 1, 2. " in run.stdout
    assert [path for path in networks if (project.folder / path).exists()] == networks[:2]
    assert all((project.folder / path.replace("networks/", "training/")).exists() for path in networks)
    assert [job.state for job in project.jobs()] == ["COMPLETED"]  # of all four


def test_a_cluster_without_gpus(project):
    project.edit("profiles/slurm/config.yaml", "gpu_partition: gpu ", "gpu_partition: null ")
    target = "results/tiny/sine_generation/performance/operative_columns_chunk_1.csv"
    run = project.run(*TINY, "--", target)
    assert run.returncode == 0, run.stdout
    assert [(job.state, job.partition, job.gpus) for job in project.jobs()] == [("COMPLETED", "cpu", 0)] * 3


@pytest.mark.long
def test_the_quick_ensemble_is_that_of_a_local_run(project, tmp_path_factory):
    local = Project(tmp_path_factory.mktemp("quick"))
    run = local.snakemake("--cores", "2", "--configfile", "config/quick.yaml")
    assert run.returncode == 0, run.stdout
    run = project.run("--configfile", "config/quick.yaml")
    assert run.returncode == 0, run.stdout
    assert len(local.csv_files()) == 10 + 8
    assert project.csv_files() == local.csv_files()

# What all rules share: the checked configuration, settings and tasks by wildcards, digests of the code, files by chunk.
# Nothing here depends on the working directory or on who includes it, so that the workflow can be a module of another.
import os
import sys
from hashlib import sha256
from pathlib import Path

from snakemake.cli import get_argument_parser
from snakemake.logging import logger
from snakemake.utils import update_config

ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
PINS = ROOT / "envs" / "requirements.txt"
sys.path.insert(0, str(SCRIPTS))

from opdims import catalogue, files
from opdims.names import PROJECTIONS, REDUCTIONS
from opdims.recordings import RECORDED
from pipeline import checks, cluster, provenance, reading, runs, sources, targets
from pipeline import settings as configuration

NETWORK = "results/{ensemble}/{task}/networks/network_{network}.h5"
TRAINED = "results/{ensemble}/{task}/training/network_{network}.h5"
HISTORY = "results/{ensemble}/{task}/training/network_{network}.csv"
CHECKPOINT = "results/{ensemble}/{task}/training/network_{network}.checkpoint"
# Snakemake reads this file for each job again, and so does a workflow that this one is a module of.
MAIN = workflow.is_main_process and workflow.modifier is workflow.modifier_stack[0]


try:
    schemas = ROOT / "workflow" / "schemas"
    if MAIN:
        reading.check_files(os.path.relpath(file) for file in workflow.overwrite_configfiles)
    given, config = config, reading.read_configuration(ROOT / "config" / "config.yaml")
    update_config(config, given)  # of --configfile and --config, or of the workflow that this one is a module of
    # From here on a sweep is the ensembles of its points, and `run` names only ensembles that are built whole.
    config = checks.check_config(config, reading.read_yaml(schemas / "config.schema.yaml"))
    CLAIMS = checks.read_claims(
        ROOT / "config" / "claims.yaml",
        reading.read_yaml(schemas / "claims.schema.yaml"),
    )
    if workflow.is_main_process:  # jobs read this file again
        checks.check_built(config)
        sources.check_downloaded(config, workflow.modifier.modify_path)
        for folder in ("logs", *(f"results/{name}" for name in configuration.built_ensembles(config))):
            checks.check_writable(str(workflow.modifier.modify_path(folder)))
except configuration.ConfigError as error:
    raise SystemExit(f"config: {error}")


onstart:
    # Snakemake has started nothing yet. Other runs may live in the folder.
    state, submits = workflow.persistence.path, workflow.executor_plugin.name == "slurm"
    jobs = list(workflow.dag.needrun_jobs())
    touched = runs.Files(
        inputs=frozenset(str(file) for job in jobs for file in job.input),
        outputs=frozenset(str(file) for job in jobs for file in job.output),
    )
    try:
        runs.check_live_runs(state, touched)
        runs.announce_run(state, workflow.scheduler._executor.run_uuid if submits else None, touched)
        cluster.cancel_leftover_jobs(os.getcwd(), state, touched, log=logger)
    except runs.RunError as error:
        raise SystemExit(f"run: {error}")
    except cluster.ClusterError as error:
        # Where there is no SLURM, nothing was left in it.
        if submits or not isinstance(error, cluster.NoAnswerError):
            raise SystemExit(f"cluster: {error}")


onsuccess:
    # Only now: a finished network whose job failed for another reason, as one of a group, is then made again at once.
    for network, checkpoint in zip(trained_files(NETWORK), trained_files(CHECKPOINT), strict=True):
        if os.path.exists(network):
            files.remove(checkpoint)
    show_results()


onerror:
    from pipeline import refusals  # with pandas, for which nothing else here waits

    show_failures()
    for line in refusals.advice(config, refusals.refused_networks(config, NETWORK, TRAINED, HISTORY)):
        logger.error(line)


def ensembles_from(*kinds):
    """Return a wildcard pattern of the ensembles with these sources; it matches nothing if there are none."""
    names = [name for name, entry in config["ensembles"].items() if entry["source"] in kinds]
    return "|".join(names) or "(?!)"


wildcard_constraints:
    ensemble="|".join(config["ensembles"]) or "(?!)",
    task="|".join([*configuration.task_names(config), RECORDED]),
    network=r"[1-9]\d*",
    chunk=r"[1-9]\d*",
    sweep="|".join(config["sweeps"]) or "(?!)",


def source_digest(script):
    """Return a function that gives the digest of a rule's script and of what it imports; only its own jobs wait for it."""

    def of_wildcards(wildcards):
        return provenance.source_digest(SCRIPTS / script, SCRIPTS, PINS)

    return of_wildcards


def settings(*keys):
    """Return a function of the wildcards that gives a setting of the ensemble, for the task if it is one by tasks.

    Its values are plain and its keys sorted, so that it is a parameter that changes only when its value does.
    """

    def of_wildcards(wildcards):
        value = configuration.ensemble_settings(config, wildcards.ensemble)
        for key in keys:
            value = value[getattr(wildcards, key[1:-1]) if key.startswith("{") else key]
        return value

    return of_wildcards


def device(wildcards, output):
    """Return the device of a job.

    As it also asks for the outputs, Snakemake does not record it: how it is spelt says nothing of what a job computes.
    """
    return settings("device")(wildcards)


def task_parameter(ensemble, task):
    """Return a task as a parameter: its name, where it is from, and a digest, so that its rules follow an edit."""
    file, recordings = configuration.task_source(config, ensemble, task)
    if recordings:
        digest = sha256(Path(recordings).read_bytes()).hexdigest()
    else:
        digest = provenance.source_digest(Path(file) if file else catalogue.task_file(task), SCRIPTS, PINS)
    return {"digest": digest, "file": file, "name": task, "recordings": recordings}


def task_of(wildcards):
    """Return the task of a job as a parameter."""
    return task_parameter(wildcards.ensemble, wildcards.task)


def tasks_of(wildcards):
    """Return all tasks of the ensemble as a parameter."""
    return [
        task_parameter(wildcards.ensemble, task) for task in configuration.ensemble_tasks(config, wildcards.ensemble)
    ]


def labels(wildcards):
    """Return what figures say of the tasks of the ensemble, or of those of the sweep."""
    sweep = wildcards.get("sweep")
    return configuration.labels(config, next(iter(config["sweeps"][sweep])) if sweep else wildcards.ensemble)


def memory(wildcards, attempt):
    """Return the MB that an evaluation job asks for: what the configuration allows it, and more after each failure."""
    return attempt * settings("memory")(wildcards)

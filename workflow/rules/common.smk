# What all rules share: the checked configuration, settings by wildcards, digests of the code, lists of files.
import os
import sys
from pathlib import Path

from snakemake.logging import logger

SCRIPTS = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

from opdims import files
from pipeline import cluster, provenance, settings as configuration
from opdims.names import PROJECTIONS, REDUCTIONS, TASKS

NETWORK = "results/{ensemble}/{task}/networks/network_{network}.h5"
CHECKPOINT = "results/{ensemble}/{task}/training/network_{network}.checkpoint"
FIGURES = {  # and what they show, in the report
    1: "high-variance dimensions",
    2: "the idea",
    3: "global operative dimensions",
    4: "dimensions of contexts and choices",
    5: "dimensions of bands of frequency",
    6: "full and reduced networks",
    7: "what operative dimensions are not",
    8: "local dynamics",
}
OF_ONE_TASK = {4: "context_integration", 5: "sine_generation"}  # figures, for ensembles with that task
TABLES = [
    "performance",
    "ranks",
    "functions",
    "dimensionality",
    "recurrent_variance",
    "overlap",
    "angles",
    "principal_angles",
    "fixed_points",
]
PAGES = ["claims", "configuration", "runtimes"]
# Benchmark files below results/{ensemble}/runtimes of all rules but those of networks and of the report itself.
RUNTIMES = [
    "{task}/sample_states_{chunk}",
    "{task}/find_dimensions_{chunk}",
    "{task}/reduce_networks_{chunk}",
    "{task}/evaluate_networks_{chunk}",
    "{task}/evaluate_functions_{chunk}",
    "{task}/find_fixed_points_{chunk}",
    "{task}/trace_network_{example}",
    *(f"tabulate_{table}" for table in TABLES if table != "principal_angles"),  # made with the angles
    "summarise_figure_{figure}",
    "draw_figure_{figure}",
    "check_claims",
]


try:
    schemas = SCRIPTS.parent / "schemas"
    # From here on a sweep is the ensembles of its points, and `run` names only ensembles that are built whole.
    config = configuration.check_config(config, configuration.read_schema(schemas / "config.schema.yaml"))
    CLAIMS = configuration.read_claims(
        f"{workflow.basedir}/config/claims.yaml",
        configuration.read_schema(schemas / "claims.schema.yaml"),
    )
    if workflow.is_main_process:
        configuration.check_published(config)
        for folder in ("logs", *(f"results/{name}" for name in configuration.built_ensembles(config))):
            configuration.check_writable(folder)
except configuration.ConfigError as error:
    raise SystemExit(f"config: {error}")


onstart:
    # Snakemake holds the lock of the folder by now and has started nothing yet.
    try:
        cluster.cancel_leftover_jobs(os.getcwd(), log=logger)
    except cluster.ClusterError as error:
        if workflow.executor_plugin.name == "slurm":  # where there is no SLURM, nothing was left in it
            raise SystemExit(f"cluster: {error}")


onsuccess:
    # Only now: a finished network whose job failed for another reason, as one of a group, is then made again at once.
    for network, checkpoint in zip(trained_files(NETWORK), trained_files(CHECKPOINT), strict=True):
        if os.path.exists(network):
            files.remove(checkpoint)


def ensembles_from(source):
    """Return a wildcard pattern of the ensembles with that source; it matches nothing if there are none."""
    names = [name for name, entry in config["ensembles"].items() if entry["source"] == source]
    return "|".join(names) or "(?!)"


wildcard_constraints:
    ensemble="|".join(config["ensembles"]) or "(?!)",
    task="|".join(TASKS),
    network=r"\d+",
    chunk=r"\d+",
    sweep="|".join(config["sweeps"]) or "(?!)",


def source_digest(script):
    """Return the digest of a rule's script and of what it imports."""
    return provenance.source_digest(SCRIPTS / script)


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


def memory(wildcards, attempt):
    """Return the MB that an evaluation job asks for: what the configuration allows it, and more after each failure."""
    return attempt * settings("memory")(wildcards)


def published_file(wildcards):
    """Return the published file of a task."""
    return configuration.published_path(config, wildcards.task)


def published_entry(wildcards):
    """Return url and sha256 of a published file."""
    tasks = {name: task for task, name in configuration.published.FILES.items()}
    return config["published_files"][tasks[f"{wildcards.file}.h5"]]


def networks_of_chunk(wildcards):
    """Return the files of the networks in a chunk."""
    return expand(
        NETWORK,
        ensemble=wildcards.ensemble,
        task=wildcards.task,
        network=configuration.chunks(config, wildcards.ensemble)[int(wildcards.chunk)],
    )


def chunk_files(pattern, reductions=REDUCTIONS):
    """Return a function of the wildcards that lists the pattern's files over all tasks and chunks of the ensemble."""

    def of_wildcards(wildcards):
        return expand(
            pattern,
            ensemble=wildcards.ensemble,
            task=config["ensembles"][wildcards.ensemble]["tasks"],
            chunk=configuration.chunks(config, wildcards.ensemble),
            reduction=reductions,
        )

    return of_wildcards


def network_files(pattern, ensembles):
    """Return the pattern's files over all tasks and networks of the ensembles."""
    return [
        file
        for name in ensembles
        for file in expand(
            pattern,
            ensemble=name,
            task=config["ensembles"][name]["tasks"],
            network=configuration.network_numbers(config, name),
        )
    ]


def chunk_of_network(pattern):
    """Return a function of the wildcards that gives the pattern's file for the chunk that holds the network."""

    def of_wildcards(wildcards):
        chunks = configuration.chunks(config, wildcards.ensemble)
        number = int(wildcards.network)
        chunk = next(chunk for chunk, networks in chunks.items() if number in networks)
        return pattern.format(ensemble=wildcards.ensemble, task=wildcards.task, chunk=chunk)

    return of_wildcards


def example_network(ensemble):
    """Return the number of the network that stands for the ensemble where a figure shows only one: the first."""
    return configuration.network_numbers(config, ensemble)[0]


def example_traces(wildcards):
    """Return the traces of the example, the ensemble's first network, of every task."""
    return expand(
        "results/{ensemble}/{task}/traces/network_{network}.nc",
        ensemble=wildcards.ensemble,
        task=config["ensembles"][wildcards.ensemble]["tasks"],
        network=example_network(wildcards.ensemble),
    )


def ensemble_networks(wildcards):
    """Return the files of all networks of the ensemble."""
    return network_files(NETWORK, [wildcards.ensemble])


def networks():
    """Return the files of all networks to be built."""
    return network_files(NETWORK, configuration.built_ensembles(config))


def trained_files(pattern):
    """Return the pattern's files over all networks to be trained."""
    built = configuration.built_ensembles(config)
    return network_files(pattern, [name for name in built if config["ensembles"][name]["source"] == "train"])


def training_histories():
    """Return the training histories of all networks to be trained."""
    return trained_files("results/{ensemble}/{task}/training/network_{network}.csv")


def tables():
    """Return all tables to be built."""
    return expand("results/{ensemble}/tables/{table}.csv", ensemble=config["run"], table=TABLES)


def claims():
    """Return all tables of claims to be built."""
    return expand("results/{ensemble}/claims.csv", ensemble=config["run"])


def figure_numbers(ensemble):
    """Return the numbers of the ensemble's figures."""
    tasks = config["ensembles"][ensemble]["tasks"]
    return [figure for figure in FIGURES if OF_ONE_TASK.get(figure, tasks[0]) in tasks]


def figures():
    """Return all figures to be built, with their data."""
    return [
        file
        for name in config["run"]
        for file in expand(
            "results/{ensemble}/figures/figure_{figure}.{format}",
            ensemble=name,
            figure=figure_numbers(name),
            format=["csv", "pdf", "svg", "png"],
        )
    ]


def comparison():
    """Return what compares ensembles, if there is more than one to be built."""
    if len(config["run"]) < 2:
        return []
    return expand("results/comparison/claims.{format}", format=["csv", "pdf", "svg", "png", "html"])


def sweep_points(wildcards):
    """Return the points of the sweep with their values; the names of its ensembles are the keys."""
    return config["sweeps"][wildcards.sweep]


def sweep_tables(table):
    """Return a function of the wildcards that lists that table of every point of the sweep."""

    def of_wildcards(wildcards):
        return expand(f"results/{{point}}/tables/{table}.csv", point=sweep_points(wildcards))

    return of_wildcards


def sweeps():
    """Return what is to be built of sweeps, besides their networks: the ranks of every point, and the figures."""
    return [
        file
        for name in config["run_sweeps"]
        for file in [
            *expand("results/{point}/tables/ranks.csv", point=config["sweeps"][name]),
            *expand("results/comparison/{sweep}.{format}", sweep=name, format=["csv", "pdf", "svg", "png"]),
        ]
    ]


def pages():
    """Return all pages of the report."""
    return expand("results/{ensemble}/report/{page}.html", ensemble=config["run"], page=PAGES)


def runtimes(wildcards):
    """Return the benchmark files of all jobs from the ensemble's networks to its figures, in that order."""
    entry = config["ensembles"][wildcards.ensemble]
    name = wildcards.ensemble
    of_networks = {"train": "train_network", "published": "import_network"}[entry["source"]]
    return network_files(f"results/{{ensemble}}/runtimes/{{task}}/{of_networks}_{{network}}.tsv", [name]) + [
        file
        for pattern in RUNTIMES
        for file in expand(
            f"results/{{ensemble}}/runtimes/{pattern}.tsv",
            ensemble=name,
            task=entry["tasks"],
            chunk=configuration.chunks(config, name),
            figure=figure_numbers(name),
            example=example_network(name),
        )
    ]

# What is to be built: files by kind, over all ensembles that the configuration says.
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
    "left_out",
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
    "summarise_{figure}",
    "draw_{figure}",
    "check_claims",
]


def networks():
    """Return the files of all networks to be built."""
    return network_files(NETWORK, configuration.built_ensembles(config))


def trained_files(pattern):
    """Return the pattern's files over all networks to be trained."""
    built = configuration.built_ensembles(config)
    return network_files(pattern, [name for name in built if config["ensembles"][name]["source"] == "train"])


def training_histories():
    """Return the training histories of all networks to be trained."""
    return trained_files(HISTORY)


def tables():
    """Return all tables to be built."""
    return expand("results/{ensemble}/tables/{table}.csv", ensemble=config["run"], table=TABLES)


def claims():
    """Return all tables of claims to be built."""
    return expand("results/{ensemble}/claims.csv", ensemble=config["run"])


def figure_names(ensemble):
    """Return the file names of the ensemble's figures."""
    return sorted(
        [*(f"figure_{number}" for number in configuration.FIGURES), *configuration.function_figures(config, ensemble)]
    )


def figures():
    """Return all figures to be built, with their data."""
    return [
        file
        for name in config["run"]
        for file in expand(
            "results/{ensemble}/figures/{figure}.{format}",
            ensemble=name,
            figure=figure_names(name),
            format=["csv", "pdf", "svg", "png"],
        )
    ]


def comparison():
    """Return what compares ensembles, if there is more than one to be built."""
    if len(config["run"]) < 2:
        return []
    return expand("results/comparison/claims.{format}", format=["csv", "pdf", "svg", "png", "html"])


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
    name = wildcards.ensemble
    of_networks = "train_network" if config["ensembles"][name]["source"] == "train" else "import_network"
    return network_files(f"results/{{ensemble}}/runtimes/{{task}}/{of_networks}_{{network}}.tsv", [name]) + [
        file
        for pattern in RUNTIMES
        for file in expand(
            f"results/{{ensemble}}/runtimes/{pattern}.tsv",
            ensemble=name,
            task=configuration.ensemble_tasks(config, name),
            chunk=configuration.chunks(config, name),
            figure=figure_names(name),
            example=example_network(name),
        )
    ]

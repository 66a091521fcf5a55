# Inputs and parameters of rules by their wildcards: files by chunk and network, the user's own files, what figures show.


def check_wildcards(wildcards):
    """Exit with one line if the ensemble has no such task, network or chunk, as another workflow may ask for."""
    try:
        targets.check_wildcards(config, wildcards)
    except configuration.ConfigError as error:
        raise SystemExit(f"config: {error}")


def networks_of_chunk(wildcards):
    """Return the files of the networks in a chunk."""
    check_wildcards(wildcards)
    return expand(
        NETWORK,
        ensemble=wildcards.ensemble,
        task=wildcards.task,
        network=configuration.chunks(config, wildcards.ensemble)[int(wildcards.chunk)],
    )


def chunk_parts(ensemble, reductions=(None,)):
    """Return task, chunk and reduction of an ensemble's files by chunk, in the order of `chunk_files`."""
    return [
        (task, chunk, reduction)
        for task in configuration.ensemble_tasks(config, ensemble)
        for chunk in configuration.chunks(config, ensemble)
        for reduction in reductions
    ]


def chunk_files(pattern, reductions=(None,)):
    """Return a function of the wildcards that lists the pattern's files over all tasks and chunks of the ensemble."""

    def of_wildcards(wildcards):
        return [
            pattern.format(ensemble=wildcards.ensemble, task=task, chunk=chunk, reduction=reduction)
            for task, chunk, reduction in chunk_parts(wildcards.ensemble, reductions)
        ]

    return of_wildcards


def network_files(pattern, ensembles):
    """Return the pattern's files over all tasks and networks of the ensembles."""
    return [
        file
        for name in ensembles
        for file in expand(
            pattern,
            ensemble=name,
            task=configuration.ensemble_tasks(config, name),
            network=configuration.network_numbers(config, name),
        )
    ]


def ensemble_networks(wildcards):
    """Return the files of all networks of the ensemble."""
    return network_files(NETWORK, [wildcards.ensemble])


def task_files(wildcards):
    """Return the user's task files, or recorded trials, of the job's task, or of all tasks of the ensemble."""
    check_wildcards(wildcards)
    tasks = [wildcards.task] if "task" in wildcards.keys() else configuration.ensemble_tasks(config, wildcards.ensemble)
    named = [file for task in tasks for file in configuration.task_source(config, wildcards.ensemble, task)]
    return [local(file) for file in named if file]


def example_network(ensemble):
    """Return the number of the network that stands for the ensemble where a figure shows only one: the first."""
    return configuration.network_numbers(config, ensemble)[0]


def published_entry(wildcards):
    """Return url and sha256 of a published file, by its name."""
    entry = configuration.published_entries(config)[f"{wildcards.file}.h5"]
    return {key: entry[key] for key in ("sha256", "url")}


def import_file(wildcards):
    """Return the file that a network is imported from."""
    check_wildcards(wildcards)
    file = sources.import_file(config, wildcards.ensemble, wildcards.task, int(wildcards.network))
    own = config["ensembles"][wildcards.ensemble]["source"] == "files" or configuration.has_own_published(config)
    return local(file) if own else file


def import_reading(wildcards):
    """Return how a network is read from the file that it is imported from."""
    return sources.import_reading(config, wildcards.ensemble, wildcards.task, int(wildcards.network))


def schedule(wildcards):
    """Return how a network is trained: all that is said of it but when it is accepted."""
    training = settings("training", "{task}")(wildcards)
    return {key: value for key, value in training.items() if key != "cost_ceiling"}


def checkpoint(wildcards, output):
    """Return where a network's training is kept until the whole run has succeeded: beside its history."""
    return str(Path(output.history).with_suffix(".checkpoint"))


def chunk_of_network(pattern):
    """Return a function of the wildcards that gives the pattern's file for the chunk that holds the network."""

    def of_wildcards(wildcards):
        chunks = configuration.chunks(config, wildcards.ensemble)
        number = int(wildcards.network)
        chunk = next(chunk for chunk, networks in chunks.items() if number in networks)
        return pattern.format(ensemble=wildcards.ensemble, task=wildcards.task, chunk=chunk)

    return of_wildcards


def performance_parts(wildcards):
    """Return task, reduction and networks of each table of performance, in the order of the inputs."""
    networks = configuration.chunks(config, wildcards.ensemble)
    return [
        [task, reduction, networks[chunk]] for task, chunk, reduction in chunk_parts(wildcards.ensemble, REDUCTIONS)
    ]


def function_parts(wildcards):
    """Return task and networks of each table of functions, in the order of the inputs."""
    networks = configuration.chunks(config, wildcards.ensemble)
    return [[task, networks[chunk]] for task, chunk, _ in chunk_parts(wildcards.ensemble)]


def example_traces(wildcards):
    """Return the traces of the example, the ensemble's first network, of every task."""
    return expand(
        "results/{ensemble}/{task}/traces/network_{network}.nc",
        ensemble=wildcards.ensemble,
        task=configuration.ensemble_tasks(config, wildcards.ensemble),
        network=example_network(wildcards.ensemble),
    )


def function_task(wildcards):
    """Return the task whose functions a figure shows."""
    return configuration.function_figures(config, wildcards.ensemble)[wildcards.figure]


def function_labels(wildcards):
    """Return what the report says of a figure of functions."""
    name, task = wildcards.figure.removeprefix("figure_"), function_task(wildcards)
    return {"figure": f"{name}: dimensions of functions, {configuration.task(config, wildcards.ensemble, task).label}"}


def table_files(*tables):
    """Return the tables of an ensemble by name."""
    return {table: f"results/{{ensemble}}/tables/{table}.csv" for table in tables}


def sweep_points(wildcards):
    """Return the points of the sweep with their values; the names of its ensembles are the keys."""
    return config["sweeps"][wildcards.sweep]


def sweep_tables(table):
    """Return a function of the wildcards that lists that table of every point of the sweep."""

    def of_wildcards(wildcards):
        return expand(f"results/{{point}}/tables/{table}.csv", point=sweep_points(wildcards))

    return of_wildcards


def ensemble_tasks(wildcards):
    """Return the names of the ensemble's tasks."""
    return configuration.ensemble_tasks(config, wildcards.ensemble)

# published files, the user's own files → networks
#   IN   a file of config ensembles.{ensemble}.files, or published_directory
#   OUT  resources/published/{file}.h5   (unless published_directory names the user's own folder)
#   OUT  results/{ensemble}/{task}/networks/network_{network}.h5


if not configuration.has_own_published(config):

    rule download_published:
        output:
            path=f"{configuration.DEFAULT_PUBLISHED_DIRECTORY}/{{file}}.h5",
        log:
            "logs/download_published_{file}.log",
        conda:
            "../../envs/environment.yaml"
        params:
            code=source_digest("download_published.py"),
            entry=published_entry,
        script:
            "../scripts/download_published.py"


rule import_network:
    input:
        file=import_file,
    output:
        weights=NETWORK,
    log:
        "logs/{ensemble}/{task}/import_network_{network}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/import_network_{network}.tsv"
    wildcard_constraints:
        ensemble=ensembles_from("published", "files"),
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("import_network.py"),
        source=settings("source"),
        reading=import_reading,
    script:
        "../scripts/import_network.py"

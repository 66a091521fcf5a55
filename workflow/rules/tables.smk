# results of all tasks and chunks → tables of an ensemble
#   IN   results/{ensemble}/{task}/performance/{reduction}_chunk_{chunk}.csv
#   IN   results/{ensemble}/{task}/states/chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/dimensions/{columns,rows}_chunk_{chunk}.nc
#   OUT  results/{ensemble}/tables/{performance,dimensionality}.csv


rule tabulate_performance:
    input:
        performance=chunk_files("results/{ensemble}/{task}/performance/{reduction}_chunk_{chunk}.csv"),
    output:
        table="results/{ensemble}/tables/performance.csv",
    log:
        "logs/{ensemble}/tabulate_performance.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_performance.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_performance.py"),
    script:
        "../scripts/tabulate_performance.py"


rule tabulate_dimensionality:
    input:
        networks=ensemble_networks,
        states=chunk_files("results/{ensemble}/{task}/states/chunk_{chunk}.nc"),
        columns=chunk_files("results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc"),
        rows=chunk_files("results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc"),
    output:
        table="results/{ensemble}/tables/dimensionality.csv",
    log:
        "logs/{ensemble}/tabulate_dimensionality.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_dimensionality.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_dimensionality.py"),
    script:
        "../scripts/tabulate_dimensionality.py"


rule tabulate_ranks:
    input:
        performance="results/{ensemble}/tables/performance.csv",
    output:
        table="results/{ensemble}/tables/ranks.csv",
    log:
        "logs/{ensemble}/tabulate_ranks.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_ranks.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_ranks.py"),
    script:
        "../scripts/tabulate_ranks.py"


rule tabulate_functions:
    input:
        functions=chunk_files("results/{ensemble}/{task}/functions/chunk_{chunk}.csv"),
    output:
        table="results/{ensemble}/tables/functions.csv",
    log:
        "logs/{ensemble}/tabulate_functions.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_functions.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_functions.py"),
    script:
        "../scripts/tabulate_functions.py"

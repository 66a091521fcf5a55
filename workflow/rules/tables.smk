# results of all tasks and chunks → tables of an ensemble
#   IN   results/{ensemble}/{task}/performance/{reduction}_chunk_{chunk}.csv
#   IN   results/{ensemble}/{task}/states/chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/dimensions/{columns,rows}_chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/{functions,fixed_points}/chunk_{chunk}.{csv,nc}
#   OUT  results/{ensemble}/tables/{performance,ranks,functions,fixed_points}.csv
#   OUT  results/{ensemble}/tables/{dimensionality,recurrent_variance,overlap,angles,principal_angles}.csv


rule tabulate_performance:
    input:
        performance=chunk_files("results/{ensemble}/{task}/performance/{reduction}_chunk_{chunk}.csv"),
    output:
        table="results/{ensemble}/tables/performance.csv",
    log:
        "logs/{ensemble}/tabulate_performance.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_performance.tsv"
    localrule: True
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
    localrule: True
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
    localrule: True
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
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_functions.py"),
    script:
        "../scripts/tabulate_functions.py"


rule tabulate_angles:
    input:
        columns=chunk_files("results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc"),
        rows=chunk_files("results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc"),
    output:
        angles="results/{ensemble}/tables/angles.csv",
        principal_angles="results/{ensemble}/tables/principal_angles.csv",
    log:
        "logs/{ensemble}/tabulate_angles.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_angles.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_angles.py"),
        seed=settings("seed"),
    script:
        "../scripts/tabulate_angles.py"


rule tabulate_overlap:
    input:
        networks=ensemble_networks,
        states=chunk_files("results/{ensemble}/{task}/states/chunk_{chunk}.nc"),
        columns=chunk_files("results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc"),
        rows=chunk_files("results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc"),
    output:
        table="results/{ensemble}/tables/overlap.csv",
    log:
        "logs/{ensemble}/tabulate_overlap.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_overlap.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_overlap.py"),
    script:
        "../scripts/tabulate_overlap.py"


rule tabulate_recurrent_variance:
    input:
        reduced=chunk_files("results/{ensemble}/{task}/reduced/{reduction}_chunk_{chunk}.nc", PROJECTIONS),
    output:
        table="results/{ensemble}/tables/recurrent_variance.csv",
    log:
        "logs/{ensemble}/tabulate_recurrent_variance.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_recurrent_variance.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_recurrent_variance.py"),
    script:
        "../scripts/tabulate_recurrent_variance.py"


rule tabulate_fixed_points:
    input:
        fixed_points=chunk_files("results/{ensemble}/{task}/fixed_points/chunk_{chunk}.nc"),
    output:
        table="results/{ensemble}/tables/fixed_points.csv",
    log:
        "logs/{ensemble}/tabulate_fixed_points.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_fixed_points.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("tabulate_fixed_points.py"),
    script:
        "../scripts/tabulate_fixed_points.py"

# networks, factors, operative dimensions → cost and state distance at every rank, cost of each function
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5   (the networks of one chunk)
#   IN   results/{ensemble}/{task}/reduced/{reduction}_chunk_{chunk}.nc   (every reduction)
#   IN   results/{ensemble}/{task}/dimensions/{columns,rows}_chunk_{chunk}.nc
#   OUT  results/{ensemble}/{task}/performance/{reduction}_chunk_{chunk}.csv   (every reduction)
#   OUT  results/{ensemble}/{task}/functions/chunk_{chunk}.csv


rule evaluate_networks:
    input:
        networks=networks_of_chunk,
        task_files=task_files,
        reduced=expand(
            "results/{{ensemble}}/{{task}}/reduced/{reduction}_chunk_{{chunk}}.nc",
            reduction=REDUCTIONS,
        ),
    output:
        performance=expand(
            "results/{{ensemble}}/{{task}}/performance/{reduction}_chunk_{{chunk}}.csv",
            reduction=REDUCTIONS,
        ),
    log:
        "logs/{ensemble}/{task}/evaluate_networks_{chunk}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/evaluate_networks_{chunk}.tsv"
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=memory,
    params:
        code=source_digest("evaluate_networks.py"),
        task=task_of,
        device=device,
        seed=settings("seed"),
        reductions=REDUCTIONS,
        ranks=settings("ranks"),
        evaluation=settings("evaluation", "{task}"),
    script:
        "../scripts/evaluate_networks.py"


rule evaluate_functions:
    input:
        networks=networks_of_chunk,
        task_files=task_files,
        columns="results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc",
        rows="results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc",
    output:
        functions="results/{ensemble}/{task}/functions/chunk_{chunk}.csv",
    log:
        "logs/{ensemble}/{task}/evaluate_functions_{chunk}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/evaluate_functions_{chunk}.tsv"
    conda:
        "../../envs/environment.yaml"
    resources:
        mem_mb=memory,
    params:
        code=source_digest("evaluate_functions.py"),
        task=task_of,
        device=device,
        seed=settings("seed"),
        largest_rank=settings("functions", "largest_rank"),
        evaluation=settings("evaluation", "{task}"),
    script:
        "../scripts/evaluate_functions.py"

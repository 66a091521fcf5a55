# networks, factors → cost and state distance at every rank
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5   (the networks of one chunk)
#   IN   results/{ensemble}/{task}/reduced/{reduction}_chunk_{chunk}.nc   (every reduction)
#   OUT  results/{ensemble}/{task}/performance/{reduction}_chunk_{chunk}.csv   (every reduction)


rule evaluate_networks:
    input:
        networks=networks_of_chunk,
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
    threads: 1
    resources:
        mem_mb=settings("memory"),
    params:
        code=source_digest("evaluate_networks.py"),
        device=settings("device"),
        seed=settings("seed"),
        ranks=settings("ranks"),
        evaluation=settings("evaluation", "{task}"),
        reductions=REDUCTIONS,
    script:
        "../scripts/evaluate_networks.py"

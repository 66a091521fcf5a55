# config → trained networks → networks, those that have learnt their task
#   OUT  results/{ensemble}/{task}/training/network_{network}.h5    (whether it has learnt or not)
#   OUT  results/{ensemble}/{task}/training/network_{network}.csv
#   OUT  results/{ensemble}/{task}/networks/network_{network}.h5


rule train_network:
    input:
        task_files=task_files,
    output:
        weights=TRAINED,
        history=HISTORY,
    log:
        "logs/{ensemble}/{task}/train_network_{network}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/train_network_{network}.tsv"
    wildcard_constraints:
        ensemble=ensembles_from("train"),
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("train_network.py"),
        task=task_of,
        checkpoint=checkpoint,
        device=device,
        seed=settings("seed"),
        constants=settings("network"),
        training=schedule,
    script:
        "../scripts/train_network.py"


# A job of its own, where Snakemake runs: a network that has not learnt fails this job and not the training of others,
# several of which are one job on a cluster.
rule accept_network:
    input:
        weights=TRAINED,
        history=HISTORY,
    output:
        accepted=NETWORK,
    log:
        "logs/{ensemble}/{task}/accept_network_{network}.log",
    wildcard_constraints:
        ensemble=ensembles_from("train"),
    retries: 0  # it would say the same again
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("accept_network.py"),
        cost_ceiling=settings("training", "{task}", "cost_ceiling"),
    script:
        "../scripts/accept_network.py"

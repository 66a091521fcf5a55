# config → networks
#   OUT  results/{ensemble}/{task}/networks/network_{network}.h5
#   OUT  results/{ensemble}/{task}/training/network_{network}.csv


rule train_network:
    input:
        task_files=task_files,
    output:
        weights=NETWORK,
        history="results/{ensemble}/{task}/training/network_{network}.csv",
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
        training=settings("training", "{task}"),
    script:
        "../scripts/train_network.py"

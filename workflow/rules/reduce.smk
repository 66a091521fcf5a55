# networks, states, operative dimensions → factors of the reduced matrices
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5   (the networks of one chunk)
#   IN   results/{ensemble}/{task}/states/chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/dimensions/{columns,rows}_chunk_{chunk}.nc
#   OUT  results/{ensemble}/{task}/reduced/{reduction}_chunk_{chunk}.nc   (every reduction)


rule reduce_networks:
    input:
        networks=networks_of_chunk,
        states="results/{ensemble}/{task}/states/chunk_{chunk}.nc",
        columns="results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc",
        rows="results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc",
    output:
        reduced=expand(
            "results/{{ensemble}}/{{task}}/reduced/{reduction}_chunk_{{chunk}}.nc",
            reduction=REDUCTIONS,
        ),
    log:
        "logs/{ensemble}/{task}/reduce_networks_{chunk}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/reduce_networks_{chunk}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("reduce_networks.py"),
        device=device,
        reductions=REDUCTIONS,
    script:
        "../scripts/reduce_networks.py"

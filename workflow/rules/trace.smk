# a network, its states, dimensions and reduced matrices → what it does with them: flow, trajectories, outputs
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5
#   IN   results/{ensemble}/{task}/states/chunk_{chunk}.nc   (the chunk of the network, here and below)
#   IN   results/{ensemble}/{task}/dimensions/{columns,rows}_chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/reduced/operative_{columns,rows}_chunk_{chunk}.nc
#   IN   results/{ensemble}/tables/ranks.csv
#   OUT  results/{ensemble}/{task}/traces/network_{network}.nc


rule trace_network:
    input:
        weights=NETWORK,
        task_files=task_files,
        states=chunk_of_network("results/{ensemble}/{task}/states/chunk_{chunk}.nc"),
        columns=chunk_of_network("results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc"),
        rows=chunk_of_network("results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc"),
        reduced_columns=chunk_of_network("results/{ensemble}/{task}/reduced/operative_columns_chunk_{chunk}.nc"),
        reduced_rows=chunk_of_network("results/{ensemble}/{task}/reduced/operative_rows_chunk_{chunk}.nc"),
        ranks="results/{ensemble}/tables/ranks.csv",
    output:
        traces="results/{ensemble}/{task}/traces/network_{network}.nc",
    log:
        "logs/{ensemble}/{task}/trace_network_{network}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/trace_network_{network}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("trace_network.py"),
        task=task_of,
        device=device,
        seed=settings("seed"),
        sampling=settings("sampling", "{task}"),
    script:
        "../scripts/trace_network.py"

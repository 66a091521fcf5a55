# networks, states → local and global operative dimensions, on the trajectories and at random locations
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5   (the networks of one chunk)
#   IN   results/{ensemble}/{task}/states/chunk_{chunk}.nc
#   OUT  results/{ensemble}/{task}/dimensions/{columns,rows}_chunk_{chunk}.nc


rule find_dimensions:
    input:
        networks=networks_of_chunk,
        task_files=task_files,
        states="results/{ensemble}/{task}/states/chunk_{chunk}.nc",
    output:
        columns="results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc",
        rows="results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc",
    log:
        "logs/{ensemble}/{task}/find_dimensions_{chunk}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/find_dimensions_{chunk}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("find_dimensions.py"),
        task=task_of,
        device=device,
        dimensions=settings("dimensions"),
    script:
        "../scripts/find_dimensions.py"

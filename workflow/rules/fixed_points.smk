# networks, their states and reduced matrices → fixed and slow points of full and reduced networks
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5   (the networks of one chunk)
#   IN   results/{ensemble}/{task}/states/chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/reduced/operative_{columns,rows}_chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/performance/operative_{columns,rows}_chunk_{chunk}.csv
#   OUT  results/{ensemble}/{task}/fixed_points/chunk_{chunk}.nc


rule find_fixed_points:
    input:
        networks=networks_of_chunk,
        task_files=task_files,
        states="results/{ensemble}/{task}/states/chunk_{chunk}.nc",
        reduced=[
            "results/{ensemble}/{task}/reduced/operative_columns_chunk_{chunk}.nc",
            "results/{ensemble}/{task}/reduced/operative_rows_chunk_{chunk}.nc",
        ],
        performance=[
            "results/{ensemble}/{task}/performance/operative_columns_chunk_{chunk}.csv",
            "results/{ensemble}/{task}/performance/operative_rows_chunk_{chunk}.csv",
        ],
    output:
        fixed_points="results/{ensemble}/{task}/fixed_points/chunk_{chunk}.nc",
    log:
        "logs/{ensemble}/{task}/find_fixed_points_{chunk}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/find_fixed_points_{chunk}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("find_fixed_points.py"),
        task=task_of,
        device=device,
        search=settings("fixed_points"),
    script:
        "../scripts/find_fixed_points.py"

# networks → states at the sampling locations
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5   (the networks of one chunk)
#   OUT  results/{ensemble}/{task}/states/chunk_{chunk}.nc


rule sample_states:
    input:
        networks=networks_of_chunk,
        task_files=task_files,
    output:
        states="results/{ensemble}/{task}/states/chunk_{chunk}.nc",
    log:
        "logs/{ensemble}/{task}/sample_states_{chunk}.log",
    benchmark:
        "results/{ensemble}/runtimes/{task}/sample_states_{chunk}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("sample_states.py"),
        task=task_of,
        device=device,
        seed=settings("seed"),
        sampling=settings("sampling", "{task}"),
    script:
        "../scripts/sample_states.py"

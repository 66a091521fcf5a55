# results of all tasks and chunks → tables of an ensemble
#   IN   results/{ensemble}/{task}/networks/network_{network}.h5
#   IN   results/{ensemble}/{task}/{states,functions,fixed_points}/chunk_{chunk}.{nc,csv}
#   IN   results/{ensemble}/{task}/dimensions/{columns,rows}_chunk_{chunk}.nc
#   IN   results/{ensemble}/{task}/{reduced,performance}/{reduction}_chunk_{chunk}.{nc,csv}
#   OUT  results/{ensemble}/tables/{table}.csv   (every table)

STATES = chunk_files("results/{ensemble}/{task}/states/chunk_{chunk}.nc")
COLUMNS = chunk_files("results/{ensemble}/{task}/dimensions/columns_chunk_{chunk}.nc")
ROWS = chunk_files("results/{ensemble}/{task}/dimensions/rows_chunk_{chunk}.nc")
PERFORMANCE = "results/{ensemble}/tables/performance.csv"
INPUTS = {  # of each table, but the two of angles
    "performance": {
        "performance": chunk_files(
            "results/{ensemble}/{task}/performance/{reduction}_chunk_{chunk}.csv",
            REDUCTIONS,
        ),
        "networks": ensemble_networks,
    },
    "ranks": {"performance": PERFORMANCE},
    "functions": {
        "functions": chunk_files("results/{ensemble}/{task}/functions/chunk_{chunk}.csv"),
        "networks": ensemble_networks,
    },
    "dimensionality": {"networks": ensemble_networks, "states": STATES, "columns": COLUMNS, "rows": ROWS},
    "overlap": {"networks": ensemble_networks, "states": STATES, "columns": COLUMNS, "rows": ROWS},
    "recurrent_variance": {
        "reduced": chunk_files("results/{ensemble}/{task}/reduced/{reduction}_chunk_{chunk}.nc", PROJECTIONS),
    },
    "fixed_points": {"fixed_points": chunk_files("results/{ensemble}/{task}/fixed_points/chunk_{chunk}.nc")},
    "left_out": {"networks": ensemble_networks, "performance": PERFORMANCE},
}
PARTS = {
    "performance": {"parts": performance_parts, "ranks": settings("ranks")},
    "functions": {"parts": function_parts, "largest_rank": settings("functions", "largest_rank")},
}


for table, inputs in INPUTS.items():

    rule:
        name:
            f"tabulate_{table}"
        input:
            **inputs,
        output:
            table=f"results/{{ensemble}}/tables/{table}.csv",
        log:
            f"logs/{{ensemble}}/tabulate_{table}.log",
        benchmark:
            f"results/{{ensemble}}/runtimes/tabulate_{table}.tsv"
        conda:
            "../../envs/environment.yaml"
        params:
            **PARTS.get(table, {}),
            script=f"tabulate_{table}.py",
            code=source_digest(f"tabulate_{table}.py"),
        script:
            "../scripts/{params.script}"  # an f-string would be read after the loop, for every rule the last table's


rule tabulate_angles:
    input:
        columns=COLUMNS,
        rows=ROWS,
        task_files=task_files,
    output:
        angles="results/{ensemble}/tables/angles.csv",
        principal_angles="results/{ensemble}/tables/principal_angles.csv",
    log:
        "logs/{ensemble}/tabulate_angles.log",
    benchmark:
        "results/{ensemble}/runtimes/tabulate_angles.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("tabulate_angles.py"),
        seed=settings("seed"),
        tasks=tasks_of,
    script:
        "../scripts/tabulate_angles.py"

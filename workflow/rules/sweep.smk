# tables of all points of a sweep → rank to 5% and cost against each parameter → figure
#   IN   results/{ensemble}/tables/{ranks,performance}.csv   (every point of the sweep)
#   OUT  results/comparison/{sweep}.csv
#   OUT  results/comparison/{sweep}.{pdf,svg,png}


rule summarise_sweep:
    input:
        ranks=sweep_tables("ranks"),
        performance=sweep_tables("performance"),
    output:
        data="results/comparison/{sweep}.csv",
    log:
        "logs/comparison/summarise_sweep_{sweep}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("summarise_sweep.py"),
        points=sweep_points,
    script:
        "../scripts/summarise_sweep.py"


rule draw_sweep:
    input:
        data="results/comparison/{sweep}.csv",
    output:
        figures=[
            "results/comparison/{sweep}.pdf",
            "results/comparison/{sweep}.svg",
            report(
                "results/comparison/{sweep}.png",
                caption="../report/sweep.rst",
                category="Sweeps",
                labels={"sweep": "{sweep}"},
            ),
        ],
    log:
        "logs/comparison/draw_sweep_{sweep}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("draw_sweep.py"),
        labels=labels,
        points=sweep_points,  # for the caption
    script:
        "../scripts/draw_sweep.py"

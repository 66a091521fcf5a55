# tables of an ensemble → the data of each figure → figures
#   IN   results/{ensemble}/tables/{performance,dimensionality}.csv
#   OUT  results/{ensemble}/figures/figure_{1,3}.csv
#   OUT  results/{ensemble}/figures/figure_{1,3}.{pdf,svg,png}


rule summarise_figure_1:
    input:
        performance="results/{ensemble}/tables/performance.csv",
        dimensionality="results/{ensemble}/tables/dimensionality.csv",
    output:
        data="results/{ensemble}/figures/figure_1.csv",
    log:
        "logs/{ensemble}/summarise_figure_1.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_1.py"),
    script:
        "../scripts/summarise_figure_1.py"


rule summarise_figure_3:
    input:
        performance="results/{ensemble}/tables/performance.csv",
        dimensionality="results/{ensemble}/tables/dimensionality.csv",
    output:
        data="results/{ensemble}/figures/figure_3.csv",
    log:
        "logs/{ensemble}/summarise_figure_3.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_3.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_3.py"),
    script:
        "../scripts/summarise_figure_3.py"


rule draw_figure_1:
    input:
        data="results/{ensemble}/figures/figure_1.csv",
    output:
        figures=multiext("results/{ensemble}/figures/figure_1", ".pdf", ".svg", ".png"),
    log:
        "logs/{ensemble}/draw_figure_1.log",
    benchmark:
        "results/{ensemble}/runtimes/draw_figure_1.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("draw_figure_1.py"),
    script:
        "../scripts/draw_figure_1.py"


rule draw_figure_3:
    input:
        data="results/{ensemble}/figures/figure_3.csv",
    output:
        figures=multiext("results/{ensemble}/figures/figure_3", ".pdf", ".svg", ".png"),
    log:
        "logs/{ensemble}/draw_figure_3.log",
    benchmark:
        "results/{ensemble}/runtimes/draw_figure_3.tsv"
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("draw_figure_3.py"),
    script:
        "../scripts/draw_figure_3.py"

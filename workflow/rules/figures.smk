# tables and traces of an ensemble → the data of each figure → figures
#   IN   results/{ensemble}/tables/{table}.csv   (every table but ranks)
#   IN   results/{ensemble}/{task}/traces/network_{network}.nc   (every task, the first network)
#   OUT  results/{ensemble}/figures/figure_{1, ..., 8}.csv
#   OUT  results/{ensemble}/figures/figure_{1, ..., 8}.{pdf,svg,png}


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
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_1.py"),
    script:
        "../scripts/summarise_figure_1.py"


rule summarise_figure_2:
    input:
        traces=example_traces,
    output:
        data="results/{ensemble}/figures/figure_2.csv",
    log:
        "logs/{ensemble}/summarise_figure_2.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_2.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_2.py"),
    script:
        "../scripts/summarise_figure_2.py"


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
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_3.py"),
    script:
        "../scripts/summarise_figure_3.py"


rule summarise_figure_4:
    input:
        functions="results/{ensemble}/tables/functions.csv",
        angles="results/{ensemble}/tables/angles.csv",
        principal_angles="results/{ensemble}/tables/principal_angles.csv",
    output:
        data="results/{ensemble}/figures/figure_4.csv",
    log:
        "logs/{ensemble}/summarise_figure_4.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_4.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_4.py"),
    script:
        "../scripts/summarise_figure_4.py"


rule summarise_figure_5:
    input:
        functions="results/{ensemble}/tables/functions.csv",
        angles="results/{ensemble}/tables/angles.csv",
        principal_angles="results/{ensemble}/tables/principal_angles.csv",
    output:
        data="results/{ensemble}/figures/figure_5.csv",
    log:
        "logs/{ensemble}/summarise_figure_5.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_5.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_5.py"),
    script:
        "../scripts/summarise_figure_5.py"


rule summarise_figure_6:
    input:
        traces=example_traces,
    output:
        data="results/{ensemble}/figures/figure_6.csv",
    log:
        "logs/{ensemble}/summarise_figure_6.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_6.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_6.py"),
    script:
        "../scripts/summarise_figure_6.py"


rule summarise_figure_7:
    input:
        overlap="results/{ensemble}/tables/overlap.csv",
        recurrent_variance="results/{ensemble}/tables/recurrent_variance.csv",
    output:
        data="results/{ensemble}/figures/figure_7.csv",
    log:
        "logs/{ensemble}/summarise_figure_7.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_7.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_7.py"),
    script:
        "../scripts/summarise_figure_7.py"


rule summarise_figure_8:
    input:
        table="results/{ensemble}/tables/fixed_points.csv",
        fixed_points=chunk_files("results/{ensemble}/{task}/fixed_points/chunk_{chunk}.nc"),
    output:
        data="results/{ensemble}/figures/figure_8.csv",
    log:
        "logs/{ensemble}/summarise_figure_8.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_figure_8.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("summarise_figure_8.py"),
    script:
        "../scripts/summarise_figure_8.py"


for figure, title in FIGURES.items():

    rule:
        name:
            f"draw_figure_{figure}"
        input:
            data=f"results/{{ensemble}}/figures/figure_{figure}.csv",
        output:
            figures=[
                f"results/{{ensemble}}/figures/figure_{figure}.pdf",
                f"results/{{ensemble}}/figures/figure_{figure}.svg",
                report(
                    f"results/{{ensemble}}/figures/figure_{figure}.png",
                    caption=f"../report/figure_{figure}.rst",
                    category="Figures",
                    subcategory="{ensemble}",
                    labels={"figure": f"{figure}: {title}"},
                ),
            ],
        log:
            f"logs/{{ensemble}}/draw_figure_{figure}.log",
        benchmark:
            f"results/{{ensemble}}/runtimes/draw_figure_{figure}.tsv"
        localrule: True
        conda:
            "../../envs/environment.yaml"
        threads: 1
        params:
            script=f"draw_figure_{figure}.py",
            code=source_digest(f"draw_figure_{figure}.py"),
        script:
            "../scripts/{params.script}"  # an f-string would be read after the loop, for every rule the last figure's

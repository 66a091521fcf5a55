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
        conda:
            "../../envs/environment.yaml"
        threads: 1
        params:
            script=f"draw_figure_{figure}.py",
            code=source_digest(f"draw_figure_{figure}.py"),
        script:
            "../scripts/{params.script}"  # an f-string would be read after the loop, for every rule the last figure's

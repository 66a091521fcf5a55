# tables and traces of an ensemble → the data of each figure → figures
#   IN   results/{ensemble}/tables/{table}.csv   (every table but ranks)
#   IN   results/{ensemble}/{task}/traces/network_{network}.nc   (every task, the first network)
#   OUT  results/{ensemble}/figures/{figure}.csv   (figure_1, ..., and one for each task whose functions are compared)
#   OUT  results/{ensemble}/figures/{figure}.{pdf,svg,png}


FUNCTION_FIGURES = "|".join(configuration.function_figure_names(config)) or "(?!)"
SUMMARISED = {  # what the data of a figure are made of
    1: table_files("performance", "dimensionality"),
    2: {"traces": example_traces},
    3: table_files("performance", "dimensionality"),
    6: {"traces": example_traces},
    7: table_files("overlap", "recurrent_variance"),
    8: {
        "table": "results/{ensemble}/tables/fixed_points.csv",
        "fixed_points": chunk_files("results/{ensemble}/{task}/fixed_points/chunk_{chunk}.nc"),
    },
}
GROUPED = {6: {"labels": labels}, 8: {"labels": labels}}  # data by what a task is made of


for figure, inputs in SUMMARISED.items():

    rule:
        name:
            f"summarise_figure_{figure}"
        input:
            **inputs,
        output:
            data=f"results/{{ensemble}}/figures/figure_{figure}.csv",
        log:
            f"logs/{{ensemble}}/summarise_figure_{figure}.log",
        benchmark:
            f"results/{{ensemble}}/runtimes/summarise_figure_{figure}.tsv"
        conda:
            "../../envs/environment.yaml"
        params:
            **GROUPED.get(figure, {}),
            script=f"summarise_figure_{figure}.py",
            code=source_digest(f"summarise_figure_{figure}.py"),
        script:
            "../scripts/{params.script}"

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
                    labels={"figure": f"{figure}: {configuration.FIGURES[figure]}"},
                ),
            ],
        log:
            f"logs/{{ensemble}}/draw_figure_{figure}.log",
        benchmark:
            f"results/{{ensemble}}/runtimes/draw_figure_{figure}.tsv"
        conda:
            "../../envs/environment.yaml"
        params:
            script=f"draw_figure_{figure}.py",
            code=source_digest(f"draw_figure_{figure}.py"),
            labels=labels,
        script:
            "../scripts/{params.script}"


rule summarise_functions:
    input:
        **table_files("functions", "angles", "principal_angles"),
    output:
        data="results/{ensemble}/figures/{figure}.csv",
    log:
        "logs/{ensemble}/summarise_{figure}.log",
    benchmark:
        "results/{ensemble}/runtimes/summarise_{figure}.tsv"
    wildcard_constraints:
        figure=FUNCTION_FIGURES,
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("summarise_functions.py"),
        task=function_task,
        labels=labels,
    script:
        "../scripts/summarise_functions.py"


rule draw_functions:
    input:
        data="results/{ensemble}/figures/{figure}.csv",
    output:
        figures=[
            "results/{ensemble}/figures/{figure}.pdf",
            "results/{ensemble}/figures/{figure}.svg",
            report(
                "results/{ensemble}/figures/{figure}.png",
                caption="../report/functions.rst",
                category="Figures",
                subcategory="{ensemble}",
                labels=function_labels,
            ),
        ],
    log:
        "logs/{ensemble}/draw_{figure}.log",
    benchmark:
        "results/{ensemble}/runtimes/draw_{figure}.tsv"
    wildcard_constraints:
        figure=FUNCTION_FIGURES,
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("draw_functions.py"),
        task=function_task,
        labels=labels,
    script:
        "../scripts/draw_functions.py"

# claims of several ensembles → one table, beside each other → figure and page
#   IN   results/{ensemble}/claims.csv   (every ensemble to be built)
#   OUT  results/comparison/claims.csv
#   OUT  results/comparison/claims.{pdf,svg,png,html}


rule compare_claims:
    input:
        claims=expand("results/{ensemble}/claims.csv", ensemble=config["run"]),
    output:
        data="results/comparison/claims.csv",
    log:
        "logs/comparison/compare_claims.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("compare_claims.py"),
        ensembles=config["run"],
    script:
        "../scripts/compare_claims.py"


rule draw_comparison:
    input:
        data="results/comparison/claims.csv",
    output:
        figures=[
            "results/comparison/claims.pdf",
            "results/comparison/claims.svg",
            report(
                "results/comparison/claims.png",
                caption="../report/comparison.rst",
                category="Comparison",
                labels={"comparison": "figure"},
            ),
        ],
    log:
        "logs/comparison/draw_comparison.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("draw_comparison.py"),
    script:
        "../scripts/draw_comparison.py"


rule write_comparison_page:
    input:
        data="results/comparison/claims.csv",
    output:
        page=report(
            "results/comparison/claims.html",
            caption="../report/comparison.rst",
            category="Comparison",
            labels={"comparison": "table"},
        ),
    log:
        "logs/comparison/write_comparison_page.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("write_comparison_page.py"),
    script:
        "../scripts/write_comparison_page.py"

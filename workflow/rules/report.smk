# claims, settings and run times of an ensemble → pages of the report; all of it → the report
#   IN   results/{ensemble}/claims.csv
#   IN   results/{ensemble}/runtimes/**/*.tsv   (benchmark files of all jobs of the ensemble)
#   OUT  results/{ensemble}/runtimes/summary.csv
#   OUT  results/{ensemble}/report/{claims,configuration,runtimes}.html
# What is marked by report(...), here and with the figures, goes to the report: snakemake report --report ...


if workflow.modifier.is_main_snakefile():  # the front page of another workflow's report is not ours to write

    report: "../report/workflow.rst"


rule tabulate_runtimes:
    input:
        benchmarks=runtimes,
    output:
        summary="results/{ensemble}/runtimes/summary.csv",
    log:
        "logs/{ensemble}/tabulate_runtimes.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("tabulate_runtimes.py"),
        tasks=ensemble_tasks,
    script:
        "../scripts/tabulate_runtimes.py"


rule write_claims_page:
    input:
        claims="results/{ensemble}/claims.csv",
    output:
        page=report(
            "results/{ensemble}/report/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"claims": "{ensemble}"},
        ),
    log:
        "logs/{ensemble}/write_claims_page.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("write_claims_page.py"),
    script:
        "../scripts/write_claims_page.py"


rule write_configuration_page:
    output:
        page=report(
            "results/{ensemble}/report/configuration.html",
            caption="../report/configuration.rst",
            category="Configuration",
            labels={"ensemble": "{ensemble}"},
        ),
    log:
        "logs/{ensemble}/write_configuration_page.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("write_configuration_page.py"),
        settings=settings(),
        tasks=tasks_of,
    script:
        "../scripts/write_configuration_page.py"


rule write_runtimes_page:
    input:
        summary="results/{ensemble}/runtimes/summary.csv",
    output:
        page=report(
            "results/{ensemble}/report/runtimes.html",
            caption="../report/runtimes.rst",
            category="Run times",
            labels={"ensemble": "{ensemble}"},
        ),
    log:
        "logs/{ensemble}/write_runtimes_page.log",
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("write_runtimes_page.py"),
    script:
        "../scripts/write_runtimes_page.py"

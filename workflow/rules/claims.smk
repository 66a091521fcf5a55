# claims of the paper, tables of an ensemble → claims with their verdict
#   IN   results/{ensemble}/tables/{table}.csv   (every table)
#   OUT  results/{ensemble}/claims.csv


rule check_claims:
    input:
        tables=expand("results/{{ensemble}}/tables/{table}.csv", table=TABLES),
    output:
        verdicts="results/{ensemble}/claims.csv",
    log:
        "logs/{ensemble}/check_claims.log",
    benchmark:
        "results/{ensemble}/runtimes/check_claims.tsv"
    localrule: True
    conda:
        "../../envs/environment.yaml"
    threads: 1
    params:
        code=source_digest("check_claims.py"),
        claims=CLAIMS,
        source=settings("source"),
    script:
        "../scripts/check_claims.py"

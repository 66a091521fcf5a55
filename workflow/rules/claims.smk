# claims of the paper, tables of an ensemble → claims with their verdict
#   IN   results/{ensemble}/tables/{table}.csv   (every table that a claim is about)
#   OUT  results/{ensemble}/claims.csv


rule check_claims:
    input:
        tables=expand(
            "results/{{ensemble}}/tables/{table}.csv",
            table=sorted({claim["quantity"]["table"] for claim in CLAIMS}),
        ),
    output:
        verdicts="results/{ensemble}/claims.csv",
    log:
        "logs/{ensemble}/check_claims.log",
    benchmark:
        "results/{ensemble}/runtimes/check_claims.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=source_digest("check_claims.py"),
        claims=CLAIMS,
        source=settings("source"),
    script:
        "../scripts/check_claims.py"

# Operative dimensions of recurrent networks: config → networks → states → operative dimensions → reduced matrices →
# performance, fixed points → tables → figures, claims → comparison, sweeps, report. A stage is a rule file, in that order.
from snakemake.utils import min_version

min_version("9.0")


configfile: f"{workflow.basedir}/config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/import.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sample.smk"
include: "workflow/rules/dimensions.smk"
include: "workflow/rules/reduce.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/fixed_points.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/trace.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/sweep.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        training_histories(),
        tables(),
        figures(),
        claims(),
        comparison(),
        sweeps(),


rule networks:
    input:
        networks(),
        training_histories(),

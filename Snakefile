# Operative dimensions of recurrent networks: config → networks → states → operative dimensions → reduced matrices →
# performance, fixed points → tables → figures, claims → comparison, sweeps, report. A stage is a rule file, in that order.
from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/targets.smk"
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


rule report:
    input:
        figures(),
        pages(),
        comparison(),
        sweeps(),


# Rules for a cluster; all others are made where Snakemake runs. `localrules:` would take neither the rules of tables and
# figures, which are named in loops, nor those of a module, which are renamed.
HEAVY = [
    "train_network",
    "sample_states",
    "find_dimensions",
    "reduce_networks",
    "evaluate_networks",
    "evaluate_functions",
    "find_fixed_points",
    "trace_network",
]
workflow.localrules(
    *{each.name for each in workflow.modifier.rules} - {workflow.modifier.modify_rulename(name) for name in HEAVY}
)


include: "workflow/rules/requested.smk"
include: "workflow/rules/display.smk"

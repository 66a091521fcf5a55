# What is shown on the terminal: included last, when all rules are known.
from pipeline import terminal


def results():
    """Return where the results of the run are, a line each."""
    given = [os.path.relpath(file) if Path(file).is_relative_to(os.getcwd()) else file for file in workflow.configfiles]
    return terminal.results(config, given)


def show_results():
    """Say that the run is over and where its results are."""
    if DISPLAY:
        logger.info("\n".join([f"\nDone: {DISPLAY.total} jobs in {DISPLAY.elapsed()}.", *results()]))


def show_failures():
    """Say which jobs failed, each with its log."""
    if DISPLAY and (failures := DISPLAY.failures()):
        again = "What is finished is kept: the same command goes on from there."
        logger.error("\n".join([f"\nFailed after {DISPLAY.elapsed()}:", *(f"  {each}" for each in failures), again]))


# Jobs on a cluster and those of --verbose are shown as Snakemake does; of a workflow that this one is a module of, only
# the jobs of this one are shown in short.
DISPLAY = None
if workflow.is_main_process and not workflow.output_settings.verbose:
    DISPLAY = terminal.install(
        logger,
        {each.name for each in workflow.modifier.rules},
        targets={each.name for each in workflow.modifier.rules if not each.output},
        expected={workflow.modifier.modify_rulename(name): time for name, time in terminal.EXPECTED.items()},
        dry_run=workflow.output_settings.dryrun,
        whole=workflow.modifier.is_main_snakefile(),
        show_failed_logs=workflow.output_settings.show_failed_logs,
        nothing_to_do=results,
    )

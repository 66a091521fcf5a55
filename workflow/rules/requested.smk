# What the command line asks for, checked once all rules are known: files that no ensemble has, names that no rule has.
# Snakemake hands the targets on only after it has read this file, so they are taken from where it has them from.


def requested():
    """Return the rules and files that the command line names; none if Snakemake was not started from there."""
    if "snakemake" not in Path(sys.argv[0]).parts[-2:]:
        return set()
    given, _ = get_argument_parser().parse_known_args(sys.argv[1:])
    return {*given.targets, *given.forcerun, *given.until, *given.omit_from}


if MAIN:
    try:
        targets.check_targets(
            config,
            requested(),
            rules=[each.name for each in workflow.rules],
            outputs=[str(file) for each in workflow.rules for file in each.products()],
            makes=lambda file: any(each.is_producer(file) for each in workflow.rules),
        )
    except configuration.ConfigError as error:
        raise SystemExit(f"command line: {error}")

# What the command line asks for, checked once all rules are known.
if MAIN and workflow.dag_settings:
    try:
        asked = workflow.dag_settings
        targets.check_targets(
            config,
            {*asked.targets, *asked.forcerun, *asked.until, *asked.omit_from},
            rules=[each.name for each in workflow.rules],
            outputs=[str(file) for each in workflow.rules for file in each.output],
            makes=lambda file: any(each.is_producer(file) for each in workflow.rules),
        )
    except configuration.ConfigError as error:
        raise SystemExit(f"command line: {error}")

"""What a run shows: from Snakemake's log records to the lines on the terminal."""

import logging

import pytest

from pipeline import terminal

RULES = {"train_network", "tabulate_ranks", "all"}


class Run:
    """A run of Snakemake as its log records tell it, on a clock that the test sets."""

    def __init__(self, **options):
        self.now, self.shown = 0.0, []
        self.logger = logging.Logger("run")
        handler = logging.Handler()
        handler.name = "DefaultStreamHandler"
        handler.setFormatter(logging.Formatter("as ever: %(message)s"))
        handler.emit = lambda record: self.shown.append(handler.format(record))
        self.logger.addHandler(handler)
        options = {"rules": RULES, "targets": {"all"}, "clock": lambda: self.now} | options
        self.display = terminal.install(self.logger, **options)

    @property
    def lines(self):
        return [line for text in self.shown for line in text.splitlines()]

    def say(self, message, event=None, **values):
        self.logger.info(message, extra={"event": event, **values} if event else values)

    def count(self, **stats):
        self.say("Job stats: ...", "run_info", stats=stats | {"total": sum(stats.values())})

    def start(self, number, rule="train_network", indent=False, **wildcards):
        log = [f"logs/{number}.log"]
        self.say(None, "job_info", jobid=number, rule_name=rule, wildcards=wildcards, log=log, indent=indent)

    def finish(self, number):
        self.say(f"Finished jobid: {number}", "job_finished", job_id=number)
        self.say("steps done", "progress", done=0, total=0)

    def fail(self, number, rule="train_network", **values):
        self.say(f"Command 'python' {terminal.FAILED[0]} 1.", "error", exception="RuleException")
        values = {"rule_name": rule, "log": [f"logs/{number}.log"], "indent": False} | values
        self.say(f"Error in rule {rule}", "job_error", jobid=number, **values)


def test_a_job_is_one_line_with_its_place_its_time_and_the_time_left():
    run = Run()
    run.count(train_network=2, tabulate_ranks=1, all=1)
    run.say("Select jobs to execute...")
    run.say("Execute 2 jobs...", "job_started", jobs=[1])
    run.start(1, ensemble="mine", task="echo", network="3")
    run.now = 30.0
    run.finish(1)
    run.start(2, ensemble="mine", task="echo", network="4")
    run.now = 60.0
    run.finish(2)
    run.start(3, "tabulate_ranks", ensemble="mine")
    run.now = 65.0
    run.finish(3)
    run.start(4, "all")
    run.finish(4)
    assert [line for line in run.lines if line] == [
        "3 jobs to run",
        "[1/3] train_network: mine, echo, network 3 (30 s); about 34 s left",  # one of 30 s, one of 4 s
        "[2/3] train_network: mine, echo, network 4 (30 s); about 4 s left",
        "[3/3] tabulate_ranks: mine (5 s)",
    ]


def test_jobs_that_ran_side_by_side_are_expected_to_go_on_so():
    run = Run(expected={})
    run.count(train_network=6)
    for number in (1, 2, 3):
        run.start(number)
    run.now = 60.0
    run.finish(1)
    assert run.display.left() == pytest.approx((5 * 60.0 - 2 * 60.0) / 3)
    run.finish(2)
    run.finish(3)
    assert run.display.left() == pytest.approx(3 * 60.0 / 3)


def test_what_a_rule_takes_is_expected_until_one_of_its_jobs_is_over():
    run = Run(expected={"train_network": 100.0})
    run.count(train_network=3, tabulate_ranks=5)
    assert run.display.left() == 3 * 100.0 + 5 * terminal.EXPECTED_OTHERWISE
    run.start(1)
    run.now = 10.0
    assert run.display.left() == pytest.approx(290.0 + 5 * terminal.EXPECTED_OTHERWISE)
    run.finish(1)
    assert run.display.left() == pytest.approx(2 * 10.0 + 5 * terminal.EXPECTED_OTHERWISE)


def test_a_failed_job_is_one_line_with_its_log_and_is_said_again_at_the_end():
    run = Run()
    run.count(train_network=1)
    run.start(1, ensemble="mine")
    run.fail(1)
    run.say("Shutting down, this might take some time.")
    run.say("At least one job did not complete successfully.", "error", exception="WorkflowError")
    assert run.lines == ["1 job to run", "FAILED train_network: mine (log: logs/1.log)"]
    assert run.display.failures() == ["train_network: mine (log: logs/1.log)"]


def test_a_job_that_succeeds_when_tried_again_has_not_failed():
    run = Run()
    run.count(train_network=1)
    run.start(1)
    run.fail(1)
    run.start(1)
    run.finish(1)
    assert run.display.failures() == []
    assert run.lines[-1] == "[1/1] train_network (1 s)"


def test_logs_of_failed_jobs_are_shown_if_asked_for():
    run = Run(show_failed_logs=True)
    run.start(1)
    run.fail(1)
    assert run.lines == ["as ever: Error in rule train_network"]
    assert len(run.display.failures()) == 1


def test_other_errors_and_messages_are_shown_as_they_are():
    run = Run()
    run.say("MissingOutputException: waited 5 s", "error", exception="RuleException")
    run.say("Job 3 has been submitted with SLURM jobid 17")
    assert run.lines == [
        "as ever: MissingOutputException: waited 5 s",
        "as ever: Job 3 has been submitted with SLURM jobid 17",
    ]


def test_a_dry_run_is_a_summary():
    run = Run(dry_run=True)
    run.count(train_network=1)
    run.start(1)
    run.count(train_network=1)
    run.say("Reasons:\n    (check individual jobs above for details)\n    missing files:\n        train_network")
    assert run.lines == [
        "as ever: Job stats: ...",
        "Reasons:",
        f"    {terminal.VERBOSE}",
        "    missing files:",
        "        train_network",
    ]


def test_where_there_is_nothing_to_do_the_results_are_named():
    run = Run(nothing_to_do=lambda: ["results/mine"])
    run.say("Nothing to be done (all requested files are present and up to date).")
    assert run.lines[1:] == ["results/mine"]


def test_of_another_workflow_only_the_rules_of_this_one_are_shown_in_short():
    run = Run(whole=False)
    run.count(train_network=1, own=1)
    run.say("Select jobs to execute...")
    run.start(1)
    run.finish(1)
    run.start(2, "own")
    run.finish(2)
    assert run.lines == [
        "as ever: Job stats: ...",
        "as ever: Select jobs to execute...",
        "[1/2] train_network (1 s); about 4 s left",
        "as ever: None",  # the start of the other's job
        "as ever: Finished jobid: 2",
        "as ever: steps done",
    ]


def test_a_logger_without_snakemakes_own_handler_is_left_alone():
    logger = logging.Logger("run")
    logger.addHandler(logging.NullHandler())
    assert terminal.install(logger, RULES) is None
    assert logger.handlers[0].filters == []


@pytest.fixture
def built(tmp_path):
    """A folder with results of two ensembles, one of them without claims."""
    for name in ("one", "two"):
        (tmp_path / "results" / name / "figures").mkdir(parents=True)
    (tmp_path / "results" / "one" / "claims.csv").write_text("id,verdict\na,differs\nb,reproduced\nc,differs\n")
    (tmp_path / "results" / "comparison").mkdir()
    (tmp_path / "results" / "comparison" / "claims.png").touch()
    return tmp_path


def test_the_results_are_named_with_the_counts_of_verdicts(built):
    config = {"run": ["one", "two"], "run_sweeps": ["sweep"]}
    assert terminal.results(config, ["config/quick.yaml"], built) == [
        "one:",
        "  figures  results/one/figures",
        "  claims   results/one/claims.csv (2 differs, 1 reproduced)",
        "two:",
        "  figures  results/two/figures",
        "comparison:",
        "  figure   results/comparison/claims.png",
        "  report   results/report_quick.html, written by: make report CONFIG=config/quick.yaml",
    ]


@pytest.mark.parametrize(
    ("configfiles", "line"),
    [
        ([], "results/report.html, written by: make report"),
        (["a.yaml", "b/c.d.yaml"], 'results/report_a_c.d.html, written by: make report CONFIG="a.yaml b/c.d.yaml"'),
    ],
)
def test_the_report_is_named_after_the_configuration(built, configfiles, line):
    config = {"run": ["one"], "run_sweeps": []}
    assert terminal.results(config, configfiles, built)[-1] == f"  report   {line}"


def test_where_nothing_was_built_nothing_is_said(tmp_path):
    assert terminal.results({"run": ["one"], "run_sweeps": []}, [], tmp_path) == []

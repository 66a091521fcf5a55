"""What a run shows on the terminal: one line a job, with the time left, and at the end where the results are.

Snakemake's own log, in .snakemake/log, keeps all that it says. No torch, no Snakemake: of its log records only their
attributes are read, and what is not known here is shown as it is.
"""

import csv
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.progress import in_words
from pipeline.settings import Settings

# s, what a job of the main run takes: an expectation until one of its rule is over.
EXPECTED = {
    "train_network": 80.0,
    "sample_states": 10.0,
    "find_dimensions": 8.0,
    "reduce_networks": 8.0,
    "evaluate_networks": 110.0,
    "evaluate_functions": 45.0,
    "find_fixed_points": 50.0,
    "trace_network": 7.0,
}
EXPECTED_OTHERWISE = 4.0
CHATTER = (  # the beginnings of what Snakemake says between jobs
    *("Building DAG of jobs", "Using shell: ", "Provided ", "Rules claiming more threads ", "Select jobs to execute"),
    *("Execute ", "Group jobs: inactive", "Conda environments: ignored", "Singularity containers: ignored"),
    *("Shutting down, this might take ", "Exiting because a job execution failed", "Elapsed time: "),
    *("Some jobs were triggered by provenance information", "Rules with provenance triggered jobs"),
)
NOTHING_TO_DO = "Nothing to be done"
FAILED = ("returned non-zero exit status", "At least one job did not complete successfully")  # said better elsewhere
VERBOSE = "(individual jobs: --dry-run --verbose)"


class Job(NamedTuple):
    """A job that was started: its rule, what it is about, and when (s)."""

    rule: str
    label: str
    log: Sequence[str]
    started: float


class Display:
    """Filter and formatter of a log handler: shows the jobs of `rules` in one line each.

    Snakemake logs a record when a job starts and when it is over; the second becomes the line of the job.
    """

    def __init__(
        self,
        fallback: logging.Formatter,
        rules: Collection[str],
        *,
        targets: Collection[str] = (),  # rules that do nothing, which are not counted
        expected: dict[str, float] = EXPECTED,
        dry_run: bool = False,
        whole: bool = True,  # all jobs are those of `rules`; the rest of what Snakemake says is shortened, too
        show_failed_logs: bool = False,
        nothing_to_do: Callable[[], Iterable[str]] = tuple,  # more lines to show then
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fallback, self.rules, self.targets, self.expected = fallback, rules, targets, expected
        self.dry_run, self.whole, self.show_failed_logs = dry_run, whole, show_failed_logs
        self.nothing_to_do, self.clock = nothing_to_do, clock
        self.begin = clock()
        self.to_do: Counter[str] = Counter()  # jobs that are not over, by rule
        self.total = 0
        self.jobs: dict[int, Job] = {}  # that were started, by Snakemake's number
        self.running: set[int] = set()
        self.took: dict[str, list[float]] = defaultdict(list)  # s, by rule
        self.failed: dict[int, Job] = {}
        self.hidden_finish = False
        self.listed = False

    @property
    def done(self) -> int:
        return self.total - self.to_do.total()

    def filter(self, record: logging.LogRecord) -> bool:
        """Take note of a record and tell whether anything is shown of it."""
        event = getattr(record, "event", None)
        if event == "job_info":
            self._start(record)
            return record.rule_name not in self.rules  # type: ignore[attr-defined]
        if event == "job_error" and getattr(record, "indent", False):
            return False  # of a group, whose error lists its jobs
        if event == "progress":
            return not self.hidden_finish
        if not self.whole:
            return True
        if event == "run_info" and self.dry_run and not self.listed:
            self.listed = True  # it comes again behind the jobs, which are not shown
            return False
        if event in ("workflow_started", "group_info", "job_started"):
            return False
        if event == "error":
            return not any(part in str(record.msg) for part in FAILED)
        return not str(record.msg).startswith(CHATTER)

    def format(self, record: logging.LogRecord) -> str:
        """Return what is shown of a record; nothing is shown of an empty text."""
        event = getattr(record, "event", None)
        values: dict[str, Any] = record.__dict__
        if event == "run_info":
            return self._count(values["stats"], record)
        if event == "job_finished":
            return self._finish(values["job_id"], record)
        if event == "job_error" and values["rule_name"] in self.rules:
            return self._fail(values["jobid"], values["rule_name"], values["log"], record)
        if self.whole and event is None:
            text = str(record.msg or "")
            if text.startswith(NOTHING_TO_DO) and not self.dry_run:
                return "\n".join([text, *self.nothing_to_do()])
            if text.startswith("Reasons:"):
                return text.replace("(check individual jobs above for details)", VERBOSE)
        return self.fallback.format(record)

    def failures(self) -> list[str]:
        """Return the jobs that failed, a line each, with their logs."""
        return [f"{job.label} (log: {', '.join(job.log)})" for job in self.failed.values()]

    def elapsed(self) -> str:
        """Return how long the run has taken so far, in words."""
        return in_words(self.clock() - self.begin)

    def left(self) -> float:
        """Return how long (s) the jobs that are not over will take, if as many run at a time as did so far."""
        now = self.clock()
        started = [self.jobs[number].started for number in self.running]
        spent = sum(now - each for each in started) + sum(map(sum, self.took.values()))
        begin = min((job.started for job in self.jobs.values()), default=now)
        at_a_time = max(1.0, spent / (now - begin)) if now > begin else 1.0
        work = sum(number * self._expected(rule) for rule, number in self.to_do.items())
        begun = sum(
            min(now - self.jobs[number].started, self._expected(self.jobs[number].rule)) for number in self.running
        )
        return max(work - begun, 0.0) / at_a_time

    def _expected(self, rule: str) -> float:
        took = self.took.get(rule)
        return sum(took) / len(took) if took else self.expected.get(rule, EXPECTED_OTHERWISE)

    def _start(self, record: logging.LogRecord) -> None:
        values: dict[str, Any] = record.__dict__
        rule, number = values["rule_name"], values["jobid"]
        label = f"{rule}: {described}" if (described := _about(values["wildcards"])) else rule
        self.jobs[number] = Job(rule, label, values["log"], self.clock())
        self.running.add(number)
        self.failed.pop(number, None)  # it is tried again

    def _count(self, stats: dict[str, int], record: logging.LogRecord) -> str:
        counts = {rule: number for rule, number in stats.items() if rule != "total"}
        self.to_do = Counter({rule: number for rule, number in counts.items() if rule not in self.targets})
        self.total = self.to_do.total()
        if self.dry_run or not self.whole:
            return self.fallback.format(record)
        return f"{self.total} {'job' if self.total == 1 else 'jobs'} to run"

    def _finish(self, number: int, record: logging.LogRecord) -> str:
        job = self.jobs.get(number)
        self.running.discard(number)
        if job is not None and job.rule not in self.targets:
            self.took[job.rule].append(self.clock() - job.started)
            self.to_do[job.rule] -= 1
        self.hidden_finish = job is None or job.rule in self.rules
        if not self.hidden_finish:
            return self.fallback.format(record)
        if job is None or job.rule in self.targets:
            return ""
        count = f"[{self.done:{len(str(self.total))}}/{self.total}]"
        left = f"; about {in_words(self.left())} left" if self.to_do.total() else ""
        return f"{count} {job.label} ({in_words(self.took[job.rule][-1])}){left}"

    def _fail(self, number: int, rule: str, log: Sequence[str], record: logging.LogRecord) -> str:
        job = self.jobs.get(number) or Job(rule, rule, log, self.clock())
        self.running.discard(number)
        self.failed[number] = job._replace(log=log)
        if self.show_failed_logs:  # jobs that ran elsewhere, of which nothing was seen yet
            return self.fallback.format(record)
        return f"FAILED {job.label} (log: {', '.join(log)})"


def install(logger: logging.Logger, rules: Collection[str], **options: Any) -> Display | None:
    """Put a Display in the place of what formats Snakemake's lines on the terminal, if that is Snakemake's own."""
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler" and handler.formatter:
            display = Display(handler.formatter, rules, **options)
            handler.addFilter(display)
            handler.setFormatter(display)  # type: ignore[arg-type]
            return display
    return None


def results(config: Settings, configfiles: Sequence[str | Path], folder: str | Path = "") -> list[str]:
    """Return where the figures, tables, claims and the report of what was built are, a line each.

    Nothing is said of what is not there. The report is named after the files of the configuration, as in the Makefile.
    """
    lines: list[str] = []
    root = Path(folder)
    for name in config["run"]:
        place = f"results/{name}"
        found = [(kind, f"{place}/{kind}") for kind in ("figures", "tables") if (root / place / kind).is_dir()]
        claims = root / place / "claims.csv"
        if claims.is_file():
            found.append(("claims", f"{place}/claims.csv ({_verdicts(claims)})"))
        lines += _titled(name, found)
    between = [*(["claims"] if len(config["run"]) > 1 else []), *config["run_sweeps"]]
    places = [f"results/comparison/{each}.png" for each in between]
    lines += _titled("comparison", [("figure", place) for place in places if (root / place).is_file()])
    if lines:
        stems = "".join(f"_{Path(file).stem}" for file in configfiles)
        given = " ".join(str(file) for file in configfiles)
        option = {0: "", 1: f" CONFIG={given}"}.get(len(configfiles), f' CONFIG="{given}"')
        lines.append(f"  report   results/report{stems}.html, written by: make report{option}")
    return lines


def _titled(title: str, found: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f"  {kind:<8} {place}" for kind, place in found]
    return [f"{title}:", *lines] if lines else []


def _verdicts(claims: Path) -> str:
    """Return how often each verdict occurs, the most frequent first."""
    with open(claims, encoding="utf-8", newline="") as file:
        counts = Counter(row["verdict"] for row in csv.DictReader(file))
    return ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())


def _about(wildcards: dict[str, str]) -> str:
    """Return what a job is about: its ensemble, its task, its network or chunk."""
    return ", ".join(f"{key} {value}" if value.isdigit() else value for key, value in wildcards.items())

"""Processes that stand for live runs of Snakemake."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from pipeline import runs

RUN = "opdims_0f9a3c1e-5b7d-4c2a-9e8f-001122334455"
OTHER = "opdims_7c2b9a10-0d4e-4f6a-8b1c-665544332211"
SCRIPTS = str(Path(runs.__file__).parents[1])
ANNOUNCE = """
import sys
sys.path.insert(0, {scripts!r})
from pipeline.runs import Files, announce_run
announce_run({state!r}, {run!r}, Files(frozenset({inputs!r}), frozenset({outputs!r})))
"""
WAIT = """
print("announced", flush=True)
sys.stdin.read()
"""


def announcing(state: Path, run: str | None, inputs: list[str], outputs: list[str]) -> str:
    """Return code that announces a run."""
    return ANNOUNCE.format(scripts=SCRIPTS, state=str(state), run=run, inputs=inputs, outputs=outputs)


def start_run(state: Path, run: str | None, inputs: list[str], outputs: list[str]) -> subprocess.Popen:
    """Start a process that announces a run and lives until its input ends."""
    code = announcing(state, run, inputs, outputs) + WAIT
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "announced\n"
    return process


def kill(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


def started_elsewhere(state: Path, run: str = RUN) -> None:
    """Let the run have been started on another host."""
    path = state / runs.RUNS / run
    content = json.loads(path.read_text())
    assert content["host"] == socket.gethostname()
    path.write_text(json.dumps(content | {"host": "login2"}))

"""Write the settings of an ensemble as a page of the report: a configuration file that builds the ensemble again."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.jobs import run
from pipeline.pages import write_page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FIRST = ["source", "tasks", "recordings", "networks", "files"]
OF_ALL = ["published_directory", "published_files"]  # stand outside of an ensemble's entry


def main(page: str, ensemble: str, settings: dict[str, Any], tasks: Sequence[Mapping[str, Any]] = ()) -> None:
    source = settings["source"]
    left_out = set(OF_ALL) if source == "train" else {*OF_ALL, "training"}
    entry = {key: settings[key] for key in [*FIRST, *settings] if key in settings and key not in left_out}
    of_all = {key: settings[key] for key in OF_ALL if source == "published"}
    task_files = {task["name"]: task["file"] for task in tasks if task["file"]}
    if task_files:
        of_all["task_files"] = task_files
    file = {"run": [ensemble], **of_all, "ensembles": {ensemble: entry}}
    lines = yaml.safe_dump(file, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True)
    write_page(page, f"Settings, ensemble {ensemble}", f"<pre>{escape(lines)}</pre>\n")


if __name__ == "__main__":
    run(main, snakemake)

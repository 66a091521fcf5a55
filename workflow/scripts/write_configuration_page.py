"""Write the settings of an ensemble as a page of the report: a configuration file that builds the ensemble again."""

from html import escape
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.logs import logging_to
from pipeline.pages import write_page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FIRST = ["source", "tasks", "networks"]
OF_ALL = ["published_directory", "published_files"]  # stand outside of an ensemble's entry


def main(page: str, ensemble: str, settings: dict[str, Any]) -> None:
    published = settings["source"] == "published"
    left_out = {*OF_ALL, "training"} if published else set(OF_ALL)
    entry = {key: settings[key] for key in [*FIRST, *settings] if key not in left_out}
    of_all = {key: settings[key] for key in OF_ALL if published}
    file = {"run": [ensemble], **of_all, "ensembles": {ensemble: entry}}
    lines = yaml.safe_dump(file, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True)
    write_page(page, f"Settings, ensemble {ensemble}", f"<pre>{escape(lines)}</pre>\n")


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.output.page, snakemake.wildcards.ensemble, snakemake.params.settings)

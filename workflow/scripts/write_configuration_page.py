"""Write the settings of an ensemble as a page of the report."""

from html import escape
from typing import TYPE_CHECKING, Any

import yaml

from opdims.logs import logging_to
from opdims.pages import write_page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FIRST = ["source", "tasks", "networks"]
ONLY_OF = {"training": "train", "published_directory": "published", "published_files": "published"}  # sources


def main(page: str, ensemble: str, settings: dict[str, Any]) -> None:
    source = settings["source"]
    used = {key: settings[key] for key in [*FIRST, *settings] if ONLY_OF.get(key, source) == source}
    lines = yaml.safe_dump(used, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True)
    write_page(page, f"Settings, ensemble {ensemble}", f"<pre>{escape(lines)}</pre>\n")


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.output.page, snakemake.wildcards.ensemble, snakemake.params.settings)

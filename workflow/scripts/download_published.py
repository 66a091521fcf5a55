"""Download a published file and check its sha256."""

from typing import TYPE_CHECKING

from pipeline.download import download
from pipeline.jobs import run

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(path: str, entry: dict[str, str]) -> None:
    download(entry["url"], entry["sha256"], path)


if __name__ == "__main__":
    run(main, snakemake)

"""Download a published file and check its sha256."""

from typing import TYPE_CHECKING

from opdims.published import download
from pipeline.logs import logging_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(file: str, url: str, sha256: str) -> None:
    download(url, sha256, file)


if __name__ == "__main__":
    with logging_to(snakemake.log[0]):
        main(snakemake.output.file, **snakemake.params.entry)

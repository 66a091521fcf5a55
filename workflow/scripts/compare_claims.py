"""Put the claims of several ensembles into one table."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.jobs import run
from pipeline.tables import read_table, write_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CLAIM = ["id", "task", "basis", "sentence", "quantity", "measures", "paper", "reading_error", "reference"]
MEASURED = ["level", "measured", "low", "high", "networks", "accepted_low", "accepted_high", "verdict"]


def main(claims: list[str], data: str, ensembles: list[str]) -> None:
    parts = []
    for path, ensemble in zip(claims, ensembles, strict=True):
        part = read_table(path, CLAIM + MEASURED)
        repeated = part["id"][part["id"].duplicated()]
        if len(repeated):
            raise ValueError(f"{path}: claim {repeated.iloc[0]} stands there twice")
        part.insert(len(CLAIM), "ensemble", ensemble)
        parts.append(part)
    table = pd.concat(parts)
    order = {name: index for index, name in enumerate(table["id"].drop_duplicates())}
    write_table(data, table.sort_values("id", key=lambda names: names.map(order), kind="stable"))


if __name__ == "__main__":
    run(main, snakemake)

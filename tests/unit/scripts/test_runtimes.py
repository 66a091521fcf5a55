"""Benchmark files become one row a rule and task."""

import pandas as pd

import tabulate_runtimes

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def write(path, seconds, memory, cpu):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{seconds}\t0:00:01\t{memory}\t1\t1\t1\t1\t1\t1\t{cpu}\n")
    return str(path)


def test_jobs_of_a_rule_and_task_are_added_up(tmp_path):
    folder = tmp_path / "runtimes"
    files = [
        write(folder / "sine_generation" / "train_network_1.tsv", 10.0, 200.0, 8.0),
        write(folder / "sine_generation" / "train_network_12.tsv", 30.5, 100.0, 20.0),
        write(folder / "context_integration" / "train_network_1.tsv", 5.0, 50.0, 1.0),
        write(folder / "draw_figure_3.tsv", 0.4, "NA", "NA"),
    ]
    tasks = ["context_integration", "sine_generation"]
    tabulate_runtimes.main(files, str(tmp_path / "summary.csv"), tasks)
    table = pd.read_csv(tmp_path / "summary.csv")
    assert table["rule"].tolist() == ["train_network", "train_network", "draw_figure_3"]
    assert table["task"].fillna("").tolist() == ["sine_generation", "context_integration", ""]
    assert table["jobs"].tolist() == [2, 1, 1]
    assert table["wall_s"].tolist() == [40.5, 5.0, 0.4]
    assert table["cpu_s"].tolist()[:2] == [28.0, 1.0]
    assert table["longest_s"].tolist() == [30.5, 5.0, 0.4]
    assert table["memory_mb"].tolist()[:2] == [200.0, 50.0]

"""The SLURM that the cluster of the tests runs: Debian's packages, and whether they are there.

python tests/slurm/packages.py     installs them, as root; tests never do
"""

import os
import platform
import shutil
import subprocess
import sys

PACKAGES = [
    *("munge", "slurmctld", "slurmd", "slurm-client", "slurmdbd", "slurm-wlm-mysql-plugin"),
    *("mariadb-server-core", "mariadb-client-core"),
]
CLIENTS = ["sacct", "sacctmgr", "sbatch", "scancel", "scontrol", "sinfo", "squeue", "srun", "sshare"]
COMMANDS = ["munged", "slurmctld", "slurmd", "slurmdbd", "mariadbd", "mariadb-install-db", *CLIENTS]
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # where Debian has them; on the PATH may be those of another such cluster


class ClusterError(RuntimeError):
    """The cluster cannot be had, or does not do what it should in time."""


def unavailable() -> str | None:
    """Return why no cluster can be started on this machine as it is, or None."""
    if platform.system() != "Linux":
        return "a SLURM cluster for tests needs Linux"
    if os.geteuid() != 0:
        return "a SLURM cluster for tests needs root"
    if missing := _missing():
        return f"SLURM is not installed ({missing[0]} is missing); on Debian: python tests/slurm/packages.py, as root"
    return None


def install() -> None:
    """Install Debian's packages if commands are missing. Raises ClusterError if that fails."""
    if _missing() and not shutil.which("apt-get"):
        raise ClusterError(f"{', '.join(_missing())} are missing, and there is no apt-get to install them")
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        if not _missing():
            return
        result = subprocess.run(
            ["apt-get", *command],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if result.returncode:
            raise ClusterError(f"apt-get {command[0]}: exit code {result.returncode}\n{result.stdout[-2000:]}")
    if _missing():
        raise ClusterError(f"Debian's packages {' '.join(PACKAGES)} lack {', '.join(_missing())}")


def _missing() -> list[str]:
    return [name for name in COMMANDS if not shutil.which(name, path=SYSTEM_PATH)]


if __name__ == "__main__":
    try:
        install()
    except ClusterError as error:
        sys.exit(f"SLURM cannot be installed: {error}")

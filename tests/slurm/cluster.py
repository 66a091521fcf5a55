"""A SLURM cluster of its own on this machine, for tests of the cluster profile.

    python tests/slurm/cluster.py up     starts it and prints how to use it
    python tests/slurm/cluster.py down   ends it, with whatever still runs on it, and removes its folder

There are two mock nodes, `cpu1` in partition `cpu` and `gpu1`, with two GPUs, in partition `gpu`; the
account is `lab`. The daemons are real: slurmctld, a slurmd for each node, slurmdbd with MariaDB behind it, and munged.
Submission, accounting, limits and outages are those of any cluster; memory is policed by polling, and speed is that of
this machine.

All of it lives in one folder (by default `operative-dimensions-slurm` in the temporary one) with ports, a key and
sockets of its own, so it disturbs no other SLURM and needs nothing below /etc. Its commands are in the folder's `bin`,
which has to stand first on the PATH: they name the cluster's configuration and run the installed ones. It takes root,
and Debian's packages, which `python tests/slurm/packages.py` installs.
"""

import argparse
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from packages import CLIENTS, SYSTEM_PATH, ClusterError, unavailable

ACCOUNT = "lab"
GPUS = ["/dev/null", "/dev/zero"]  # as good as any other devices to count, allot and wait for
MARK = "OPERATIVE_DIMENSIONS_CLUSTER"  # in the environment of each daemon and of each job: the cluster's folder

SLURM_CONF = """\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[slurmctld]}
SlurmUser={user}
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld
SlurmdPidFile={folder}/run/slurmd-%n

# Nothing here needs cgroups, MPI or the limits of the shell that submits.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
PropagateResourceLimits=NONE

# A node that comes back after an outage is used again, jobs start at once and have 5 s to end when they must.
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
KillWait=5

# The nodes have the cores, memory and GPUs that they claim to have; without cgroups, a job over its memory is found by
# polling.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[slurmdbd]}
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment

GresTypes=gpu
NodeName=DEFAULT CPUs={cpus} RealMemory={memory}
NodeName=cpu1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[cpu1]}
NodeName=gpu1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[gpu1]} Gres=gpu:{gpus}
PartitionName=DEFAULT MaxTime=1-0 DefaultTime=10 DefMemPerCPU=500
PartitionName=cpu Nodes=cpu1 Default=YES
PartitionName=gpu Nodes=gpu1
"""
GRES_CONF = "".join(f"NodeName=gpu1 Name=gpu File={device}\n" for device in GPUS)
SLURMDBD_CONF = """\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports[slurmdbd]}
SlurmUser={user}
AuthInfo=socket={folder}/munge.socket
PidFile={folder}/run/slurmdbd
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[mariadbd]}
StorageUser=slurm
StorageLoc=accounting
"""


class Cluster:
    """A cluster in a folder; as a context manager it is up inside the block and gone after it."""

    def __init__(self, folder: str | Path, *, cpus: int = 8, memory: int = 64000) -> None:
        self.folder = Path(folder).resolve()
        self.cpus, self.memory = cpus, memory  # of each mock node; memory in MB
        self.bin = self.folder / "bin"
        self.ports = _free_ports("slurmctld", "slurmdbd", "mariadbd", "cpu1", "gpu1")
        self.daemons = {  # in the order in which they start
            "munged": [
                *("munged", "--foreground", "--force"),  # sockets in a private folder are to its liking only by force
                f"--key-file={self.folder}/munge.key",
                f"--socket={self.folder}/munge.socket",
                f"--pid-file={self.folder}/run/munged.pid",
                f"--seed-file={self.folder}/munge.seed",
            ],
            "mariadbd": [
                *("mariadbd", "--no-defaults", "--skip-grant-tables", "--bind-address=127.0.0.1"),
                f"--user={_user()}",
                f"--datadir={self.folder}/database",
                f"--port={self.ports['mariadbd']}",
                f"--socket={self.folder}/mariadb.socket",
                f"--pid-file={self.folder}/run/mariadbd.pid",
                "--innodb-flush-log-at-trx-commit=0",
            ],
            "slurmdbd": ["slurmdbd", "-D"],
            "slurmctld": ["slurmctld", "-D"],
            "slurmd-cpu1": ["slurmd", "-D", "-N", "cpu1"],
            "slurmd-gpu1": ["slurmd", "-D", "-N", "gpu1"],
        }
        self._children: dict[int, subprocess.Popen] = {}

    def __enter__(self) -> "Cluster":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this process with the cluster's commands first on the PATH."""
        return os.environ | {"PATH": f"{self.bin}:{os.environ.get('PATH', os.defpath)}"}

    def start(self) -> None:
        """Start the daemons, each when the one that it needs is there.

        Raises ClusterError if the cluster cannot be had here, already runs, or a daemon does not come up.
        """
        reason = unavailable()
        if reason:
            raise ClusterError(reason)
        if self._marked():
            raise ClusterError(f"{self.folder}: a cluster already runs there")
        try:
            self._write_files()
            self._start_daemons()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Cancel all jobs, end the daemons and whatever a job has left; harmless if nothing runs."""
        with contextlib.suppress(ClusterError, subprocess.TimeoutExpired):  # what is left of jobs is killed below
            if self._pid("slurmctld"):
                self.run("scancel", f"--user={_user()}")
                self.wait_for("the jobs to end", lambda: not self.run("squeue", "--noheader"), 20)
        for name in reversed(self.daemons):
            self.stop_daemon(name)
        for pid in self._marked():
            _signal(pid, signal.SIGKILL)
        self.wait_for("the last processes to end", lambda: not self._marked())

    def start_daemon(self, name: str) -> None:
        """Start a daemon; it leads a session of its own, beyond the reach of Ctrl-C."""
        with open(self.folder / "log" / name, "ab") as output:
            process = subprocess.Popen(
                self.daemons[name],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._children[process.pid] = process
        (self.folder / f"{name}.pid").write_text(str(process.pid))

    def stop_daemon(self, name: str, seconds: float = 15) -> None:
        """End a daemon, by force if it takes longer than that; harmless if it does not run."""
        pid = self._pid(name)
        deadline = time.monotonic() + seconds
        if pid:
            _signal(pid, signal.SIGTERM)
            while self._pid(name) and time.monotonic() < deadline:
                time.sleep(0.05)
            if self._pid(name):
                _signal(pid, signal.SIGKILL)
            self.wait_for(f"{name} to end", lambda: not self._pid(name))
        (self.folder / f"{name}.pid").unlink(missing_ok=True)

    def run(self, *command: str) -> str:
        """Return the output of one of SLURM's commands, without the white space around it.

        Raises ClusterError if the command fails.
        """
        result = subprocess.run(command, env=self._environment(), capture_output=True, text=True, timeout=60)
        if result.returncode:
            raise ClusterError(f"{' '.join(command)}: exit code {result.returncode}, {result.stderr.strip()}")
        return result.stdout.strip()

    def wait_for(self, what: str, condition: Callable[[], object], seconds: float = 30) -> None:
        """Wait until the condition holds. Raises ClusterError, with the ends of the logs, if it does not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise ClusterError(f"waited {seconds:g} s for {what}, in vain\n{self._ends_of_logs()}")
            time.sleep(0.1)

    def _start_daemons(self) -> None:
        self.start_daemon("munged")
        self.wait_for("munged to answer", lambda: (self.folder / "munge.socket").exists())
        self.start_daemon("mariadbd")
        self.wait_for("mariadbd to answer", lambda: (self.folder / "mariadb.socket").exists())
        self.start_daemon("slurmdbd")
        self.wait_for("slurmdbd to answer", lambda: self._succeeds("sacctmgr", "--noheader", "list", "cluster"))
        if not self.run("sacctmgr", "--noheader", "list", "cluster"):
            for entity in (["cluster", "lab"], ["account", ACCOUNT], ["user", _user(), f"account={ACCOUNT}"]):
                self.run("sacctmgr", "--immediate", "--quiet", "add", *entity)
        self.start_daemon("slurmctld")
        self.wait_for("slurmctld to answer", lambda: self._succeeds("scontrol", "ping"))
        self.start_daemon("slurmd-cpu1")
        self.start_daemon("slurmd-gpu1")
        self.wait_for("both nodes to be idle", lambda: self._states() == ["idle", "idle"])

    def _write_files(self) -> None:
        """Write the configuration, a key, the commands and an empty database."""
        for name in ("bin", "log", "run", "state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        values = {
            "folder": self.folder,
            "host": socket.gethostname().split(".")[0],
            "user": _user(),
            "ports": self.ports,
            "cpus": self.cpus,
            "memory": self.memory,
            "gpus": len(GPUS),
        }
        for name, text in {"slurm": SLURM_CONF, "gres": GRES_CONF, "slurmdbd": SLURMDBD_CONF}.items():
            (self.folder / f"{name}.conf").write_text(text.format_map(values))
        (self.folder / "slurmdbd.conf").chmod(0o600)  # slurmdbd refuses any other
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        for name in CLIENTS:  # a file and no variable: the plugin clears SLURM's variables before it calls srun
            command = self.bin / name
            installed = shutil.which(name, path=SYSTEM_PATH)
            command.write_text(
                f"#!/bin/sh\nexport SLURM_CONF='{self.folder}/slurm.conf' {MARK}='{self.folder}'\n"
                f'exec {installed} "$@"\n'
            )
            command.chmod(0o755)
        if not (self.folder / "database").exists():
            self._install_database()

    def _install_database(self) -> None:
        result = subprocess.run(
            [
                *("mariadb-install-db", "--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"),
                f"--user={_user()}",
                f"--datadir={self.folder}/database",
            ],
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if result.returncode:
            raise ClusterError(f"mariadb-install-db: exit code {result.returncode}\n{result.stdout[-2000:]}")

    def _environment(self) -> dict[str, str]:
        """The environment of daemons and commands: they find the cluster, and are known to be its own."""
        own = {"PATH": SYSTEM_PATH, "SLURM_CONF": f"{self.folder}/slurm.conf", MARK: str(self.folder)}
        return {name: value for name, value in os.environ.items() if not name.startswith("SLURM")} | own

    def _succeeds(self, *command: str) -> bool:
        try:
            self.run(*command)
        except (ClusterError, subprocess.TimeoutExpired):
            return False
        return True

    def _states(self) -> list[str]:
        """Return the states of the nodes, by their short names."""
        return self.run("sinfo", "--noheader", "--Node", "--format=%t").split()

    def _pid(self, name: str) -> int | None:
        """Return the process of a daemon if it runs."""
        path = self.folder / f"{name}.pid"
        if not path.exists():
            return None
        pid = int(path.read_text())
        if pid in self._children:
            self._children[pid].poll()
        return pid if self._is_marked(pid) else None

    def _marked(self) -> list[int]:
        """Return all processes of the cluster, daemons and jobs."""
        for process in self._children.values():
            process.poll()
        return [int(path.name) for path in Path("/proc").glob("[0-9]*") if self._is_marked(int(path.name))]

    def _is_marked(self, pid: int) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:  # it has ended
            return False
        return f"{MARK}={self.folder}".encode() in environment.split(b"\0")

    def _ends_of_logs(self) -> str:
        logs = [path for path in sorted((self.folder / "log").glob("*")) if path.stat().st_size]
        return "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-1000:]}" for path in logs)


def _user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _free_ports(*names: str) -> dict[str, int]:
    """Return ports of this machine that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: listening.getsockname()[1] for name, listening in zip(names, sockets, strict=True)}
    for listening in sockets:
        listening.close()
    return ports


def main(action: str, folder: str) -> None:
    cluster = Cluster(folder)
    if action == "down":
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)
        return
    cluster.start()
    print(cluster.run("sinfo"))
    print(
        f'\nexport PATH={cluster.bin}:"$PATH"   # then sbatch, squeue, snakemake --workflow-profile profiles/slurm, ...'
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["up", "down"])
    parser.add_argument("--folder", default=f"{tempfile.gettempdir()}/operative-dimensions-slurm")
    arguments = parser.parse_args()
    try:
        main(arguments.action, arguments.folder)
    except ClusterError as error:
        sys.exit(f"cluster: {error}")

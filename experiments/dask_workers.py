"""Do Dask workers share one study without a database, and what does the sharing cost?

    python experiments/dask_workers.py --n-workers 2 strategy=ema_cross search.n_trials=200
    python experiments/dask_workers.py --n-workers 8 --address tcp://scheduler:8786 ...
    python experiments/dask_workers.py --n-workers 2 --storage sqlite:///outputs/dask.db ...

Everything else is words of `python -m pinejax.run`. Without --address a cluster is started on this machine. Every worker runs the same
search on the same study; without --storage it lives in the memory of Dask's scheduler (`optuna_integration.DaskStorage`) and ends with it,
so the best trials are in the result files that every worker leaves.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from distributed import Client, LocalCluster

from pinejax.core.secrets import without_passwords


def search(words: Sequence[str]) -> int:
    """In a worker: one search, as its command line would do it; the exit code."""
    return subprocess.run([sys.executable, "-m", "pinejax.run", *words], check=False).returncode  # a process: workers may have threads


@contextmanager
def connected(address: str | None, n_workers: int) -> Iterator[tuple[Client, str]]:
    """A client and the scheduler's address: of a cluster that runs, or of one on this machine with a process per worker."""
    if address is not None:
        with Client(address) as client:
            yield client, address
        return
    cluster = LocalCluster(n_workers=n_workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    with cluster, Client(cluster) as client:
        yield client, cluster.scheduler_address


def main() -> int:
    """Starts the searches, waits for all and prints what each ended with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-workers", type=int, default=2)
    parser.add_argument("--address", help="of a Dask scheduler")
    parser.add_argument("--storage", help="a URL as storage.url takes it; Dask's scheduler if not given")
    own, words = parser.parse_known_args()
    with connected(own.address, own.n_workers) as (client, address):
        storage = own.storage or f"dask+{address}"
        common = [f"storage.url={storage}", "search.study_name=dask", *words]
        started = time.perf_counter()
        # pure=False: the same call again is another worker of the study, not the same result.
        each = [[*common, f"search.worker={i}", f"hydra.run.dir=outputs/dask_{i}"] for i in range(own.n_workers)]
        tasks = [client.submit(search, words, pure=False, retries=2) for words in each]
        codes = client.gather(tasks)
        print(f"{own.n_workers} workers on {without_passwords(storage)}: {time.perf_counter() - started:.1f} s, exit codes {codes}")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())

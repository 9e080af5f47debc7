"""The same bytes wherever a run is computed, also when a worker dies half way; clear errors when nothing answers."""

import http.server
import os
import signal
import threading
import time
from dataclasses import replace

import distributed
import numpy as np
import pytest

from microwork_estimate import bootstrap
from microwork_estimate.bootstrap import Execution, Executor
from microwork_estimate.errors import InvalidInput
from microwork_estimate.inputs import Elicited, SurveySample

N = 1000
SEED = 5
SCHEME = bootstrap.Joint(schemes={"survey": bootstrap.RaoWuYue(), "factor": bootstrap.ElicitedDraws()})


def _data():
    generator = np.random.default_rng(1)
    columns = {"hours": generator.gamma(2.0, 1.0, 60), "k": generator.integers(1, 4, 60)}
    survey = SurveySample(columns=columns, weight=generator.uniform(1, 3, 60), strata=np.repeat(["a", "b"], 30))
    return {"survey": survey, "factor": Elicited(distribution="lognormal", low=0.5, high=2.0, source="assumed: test")}


def _recipe(sources):
    if sources["factor"] > 2.2:
        raise InvalidInput("too large", expected="2.2 or less", got=str(sources["factor"]), where="test", fix="none")
    survey = sources["survey"]
    # A sum so long that libraries of linear algebra share it among the cores, which changes its last digit.
    long = np.sqrt(np.arange(20_000.0) * sources["factor"])
    return {"hours": float(survey.weights @ survey.column("hours")), "long": float(long @ np.cos(long))}


def _slow_recipe(sources):
    time.sleep(0.001)
    return _recipe(sources)


def _run(executor, recipe=_recipe, progress=None):
    execution = Execution(executor=executor, progress=progress)
    return bootstrap.replicate(recipe, _data(), SCHEME, n_replicates=N, seed=SEED, execution=execution)


def _bytes(found):
    return [(name, found[name].values.tobytes()) for name in found], found.ledger


@pytest.fixture(scope="module")
def serial():
    return _bytes(_run(Executor()))


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running:
        yield running.scheduler_address


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_threads_and_processes_give_the_bytes_of_a_serial_run(kind, serial):
    """Two threads and two processes give the serial replicates and the serial ledger, to the last bit."""
    assert _bytes(_run(Executor(kind=kind, n_workers=2))) == serial
    assert sum(failure.count for failure in serial[1]) > 10


def test_a_dask_cluster_gives_the_bytes_of_a_serial_run(serial, cluster):
    """Two workers of a Dask cluster do so too."""
    assert _bytes(_run(Executor(kind="dask", scheduler=cluster))) == serial


def test_a_killed_worker_changes_nothing(serial, cluster):
    """A Dask run one of whose workers is killed half way ends, and with the same bytes."""
    killed = []

    def kill_half_way(advance):
        if 2 * advance.replicates_done >= advance.replicates and not killed:
            with distributed.Client(cluster, set_as_default=False) as client:
                killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)

    assert _bytes(_run(Executor(kind="dask", scheduler=cluster), _slow_recipe, kill_half_way)) == serial
    assert len(killed) == 1


def test_functions_of_a_notebook_cross_to_other_processes(cluster):
    """A recipe written on the spot, with what it closes over, runs in processes and on a cluster."""
    offset = np.arange(3.0)
    factor = _data()["factor"]
    runs = [
        bootstrap.replicate(
            lambda x: x + offset[2], factor, bootstrap.ElicitedDraws(), n_replicates=70, seed=1, execution=execution
        )["value"].values
        for execution in (
            bootstrap.Execution(),
            Execution(executor=Executor(kind="processes", n_workers=2)),
            Execution(executor=Executor(kind="dask", scheduler=cluster)),
        )
    ]
    assert runs[0].tobytes() == runs[1].tobytes() == runs[2].tobytes()


def test_what_cannot_be_sent_is_named(cluster):
    """A recipe that holds something of its own process is refused for Dask, with what to do."""
    lock = threading.Lock()
    with pytest.raises(InvalidInput, match="open files and connections inside"):
        list(Executor(kind="dask", scheduler=cluster).map(lambda item: (item, lock), [1]))


def test_an_unreachable_scheduler_is_a_clear_error():
    """Nobody listens: the error names the address, comes within ten seconds by default, and nothing is computed."""
    assert 2 * Executor(kind="dask").patience < 10
    start = time.monotonic()
    with pytest.raises(InvalidInput, match=r"no answer from tcp://127\.0\.0\.1:1"):
        _run(Executor(kind="dask", scheduler="tcp://127.0.0.1:1", patience=0.5))
    assert time.monotonic() - start < 5


def test_a_scheduler_without_workers_is_a_clear_error():
    """A scheduler whose workers never come is given up after the stated patience."""
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(InvalidInput, match="without any worker"),
    ):
        _run(Executor(kind="dask", scheduler=empty.scheduler_address, patience=0.5))


def test_something_else_at_the_address_is_a_clear_error():
    """A web server behind the port, as when the address of the dashboard is given: one error, at once, without noise."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        executor = Executor(kind="dask", scheduler=f"tcp://127.0.0.1:{web.server_port}", patience=1.0)
        with pytest.raises(InvalidInput, match=r"scheduler that cannot be used.*127\.0\.0\.1"):
            _run(executor)
        web.shutdown()


def test_a_worker_is_no_scheduler(cluster):
    """The address of a worker is told apart from that of its scheduler."""
    with distributed.Client(cluster, set_as_default=False) as client:
        worker = next(iter(client.scheduler_info()["workers"]))
    with pytest.raises(InvalidInput, match="a worker at tcp"):
        _run(Executor(kind="dask", scheduler=worker, patience=1.0))


def test_a_cluster_is_made_ready_once(serial):
    """Without an address, one cluster serves several runs and is stopped at the end."""
    with Executor(kind="dask", n_workers=1).ready() as executor:
        assert executor.scheduler is not None
        assert [_bytes(_run(executor)) for _ in range(2)] == [serial, serial]
    with pytest.raises(InvalidInput, match="no answer"):
        _run(replace(executor, patience=0.3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "dask", "scheduler": "nonsense"}, "no address of a scheduler"),
        ({"kind": "cloud"}, "unknown choice"),
        ({"n_workers": 0}, "impossible number of workers"),
        ({"kind": "threads", "n_workers": 1.5}, "impossible number of workers"),
        ({"kind": "dask", "patience": 0.0}, "impossible patience"),
        ({"kind": "threads", "scheduler": "tcp://127.0.0.1:1"}, "a scheduler that nobody asks"),
    ],
)
def test_impossible_executors_are_refused(options, message):
    """An executor that cannot be is an error when it is made."""
    with pytest.raises(InvalidInput, match=message):
        Executor(**options)


def test_a_stopped_run_leaves_the_pool_usable():
    """When the caller is interrupted, work under way is stopped without a warning, and the next run works."""
    executor = Executor(kind="threads", n_workers=2)

    def interrupt(advance):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run(executor, progress=interrupt)
    assert list(executor.map(abs, [-1, -2])) == [1, 2]


def test_other_errors_bear_the_number_of_their_draw():
    """A bug in a recipe comes out as it is, with a note on the draw in which it happened."""

    def buggy(factor):
        return 1 / 0 if factor > 1 else factor

    factor = _data()["factor"]
    every = bootstrap.replicate(lambda x: x, factor, bootstrap.ElicitedDraws(), n_replicates=64, seed=4)["value"].values
    with pytest.raises(ZeroDivisionError) as caught:
        bootstrap.replicate(buggy, factor, bootstrap.ElicitedDraws(), n_replicates=64, seed=4)
    assert caught.value.__notes__ == [f"in draw {np.argmax(every > 1)} of the bootstrap (the first is 0)"]

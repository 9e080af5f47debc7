"""Blocks on a Dask cluster, through joblib's own back end for it.

The function lies with the scheduler, and every worker fetches it once, also one that comes later in the place of one
that died; the pieces of work only name it by its checksum.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from microwork_estimate.bootstrap.executors import until_left
from microwork_estimate.errors import InvalidInput

if TYPE_CHECKING:
    from microwork_estimate.bootstrap.executors import Executor

Item = TypeVar("Item")
Result = TypeVar("Result")

_SHELF = "microwork-estimate"
_OWN: dict[str, Callable[[Any], Any]] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    """Work with a function that lies with the scheduler."""

    digest: str

    def __call__(self, item: Any) -> Any:
        # Of a cluster with a single core joblib makes no use: the work is then done where it was ordered.
        return (_OWN.get(self.digest) or _fetched(self.digest))(item)


@functools.lru_cache(maxsize=2)
def _fetched(digest: str) -> Callable[[Any], Any]:
    """Fetch a function from the scheduler, on a worker."""
    import cloudpickle  # type: ignore[import-untyped]

    content = _distributed().get_client().get_metadata([_SHELF, digest])
    function: Callable[[Any], Any] = cloudpickle.loads(content)
    return function


def map_on_cluster(executor: Executor, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Apply a function to every item on the workers of a Dask scheduler; results come in the order of the items.

    A worker that dies is replaced, and what it had not finished is computed elsewhere.

    Parameters
    ----------
    executor : Executor
        With the address of the scheduler, or without one for a cluster on this machine.
    function : callable
    items : iterable

    Yields
    ------
    object
        One result for each item.

    Raises
    ------
    InvalidInput
        If Dask is not installed, the scheduler does not answer, no worker comes, or the function cannot be sent.
    """
    import joblib

    distributed = _distributed()
    content = _packed(function)
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(_client(distributed, executor, stack))
        digest = hashlib.sha256(content).hexdigest()
        client.set_metadata([_SHELF, digest], content)
        stack.callback(client.set_metadata, [_SHELF, digest], None)
        _OWN[digest] = function
        stack.callback(_OWN.pop, digest)
        with joblib.parallel_config(backend="dask", client=client, wait_for_workers_timeout=executor.patience):
            parallel = joblib.Parallel(return_as="generator")
        work = joblib.delayed(_Named(digest=digest))
        yield from until_left(parallel(work(item) for item in items))


@contextlib.contextmanager
def ready_cluster(executor: Executor) -> Iterator[Executor]:
    """Wait for a scheduler with a worker, or start a cluster on this machine for the time being.

    Parameters
    ----------
    executor : Executor

    Yields
    ------
    Executor
        With the address of a scheduler that has answered.

    Raises
    ------
    InvalidInput
        If Dask is not installed, the scheduler does not answer, or no worker comes.
    """
    with contextlib.ExitStack() as stack:
        with _client(_distributed(), executor, stack) as client:
            address = client.scheduler.address
        yield replace(executor, scheduler=address)


def _packed(function: Callable[[Any], Any]) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(function))
    except Exception as error:
        raise InvalidInput(
            "work that cannot be sent",
            expected="a recipe and data that can leave their process",
            got=" ".join(f"{type(error).__name__}: {error}".split()),
            where="Executor(kind='dask')",
            fix="open files and connections inside the recipe, or use threads",
        ) from error


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise InvalidInput(
            "Dask is not there",
            expected="the package distributed",
            got=str(error),
            where="Executor(kind='dask')",
            fix='install "microwork-estimate[distributed]", or use kind="processes"',
        ) from error


def _client(distributed: Any, executor: Executor, stack: contextlib.ExitStack) -> Any:
    """Connect to the scheduler, or to one of our own, and wait for the first worker."""
    address = executor.scheduler
    if address is None:
        cluster = distributed.LocalCluster(
            n_workers=executor.n_workers, threads_per_worker=1, processes=True, dashboard_address=":0"
        )
        address = stack.enter_context(cluster).scheduler_address
    _check_answer(distributed, executor, address)
    try:
        client = distributed.Client(address, timeout=executor.patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise _silent(executor, f"no answer from {address} ({error})") from error
    try:
        client.wait_for_workers(1, timeout=executor.patience)
    except TimeoutError as error:
        client.close()
        raise _silent(executor, f"a scheduler at {address} without any worker") from error
    return client


def _check_answer(distributed: Any, executor: Executor, address: str) -> None:
    """Ask who is there, before a client is made: one that fails half way through makes itself heard for seconds."""

    async def asked() -> Mapping[str, Any]:
        arguments = distributed.Security().get_connection_args("client")
        async with distributed.rpc(address, timeout=executor.patience, connection_args=arguments) as there:
            found: Mapping[str, Any] = await asyncio.wait_for(there.identity(), executor.patience)
            return found

    try:
        # In a thread of its own: a notebook has a loop of events already.
        with ThreadPoolExecutor(1) as thread:
            found = thread.submit(lambda: asyncio.run(asked())).result()
    except OSError as error:
        text = " ".join(str(error).split()) or f"nothing within {executor.patience:g} s"
        raise _silent(executor, f"no answer from {address} ({text})") from error
    except Exception as error:
        # Whatever else listens there, a web page say, sends what cannot be read, and that fails in any way.
        raise _silent(executor, f"an answer from {address} that is not a scheduler's") from error
    if found.get("type") != "Scheduler":
        raise _silent(executor, f"a {str(found.get('type')).lower()} at {address}")


def _silent(executor: Executor, got: str) -> InvalidInput:
    return InvalidInput(
        "scheduler that cannot be used",
        expected=f"a Dask scheduler with a worker, within {executor.patience:g} seconds",
        got=got,
        where="Executor.scheduler",
        fix="check the address and that scheduler and workers run, or give more patience",
    )

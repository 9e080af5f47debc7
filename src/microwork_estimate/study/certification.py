"""Running the table of certificates: simulations of every cell, judged, and written as a versioned table.

Nothing is certified in silence: cells whose estimators do not exist yet are part of the result, by name.
"""

from __future__ import annotations

import difflib
import fnmatch
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from microwork_estimate.bootstrap.executors import SERIAL, Executor
from microwork_estimate.errors import InvalidInput
from microwork_estimate.simulate.block_store import BlockStore
from microwork_estimate.simulate.coverage import Run, Task, simulate_block
from microwork_estimate.simulate.coverage_report import Outcome
from microwork_estimate.study.bundle import write_files
from microwork_estimate.study.certificate_rows import EarlierRow, earlier_rows, written
from microwork_estimate.study.certificate_table import CellEntry, CertificateTable, FailRule, read_certificate_table
from microwork_estimate.study.verdicts import Verdict, judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """What of earlier runs may be used.

    Parameters
    ----------
    blocks : Path or None
        Folder for finished blocks: a run that was stopped goes on where it was. Blocks of another program are refused.
    results : sequence of Path
        Earlier results of this version. A cell that is met there is not run again: its row is taken over, if rule,
        estimator, world, level, form and number of simulations are the same; a later file goes before an earlier one.
        Whether the program has changed since then is not looked at: leave the cells out by their names, or the file,
        after an estimator, or the options or world of a cell, have changed.

    Examples
    --------
    >>> Earlier().results
    ()
    """

    blocks: Path | None = None
    results: Sequence[Path] = ()


NOTHING = Earlier()


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """The verdicts on some or all cells of a table.

    Parameters
    ----------
    verdicts : tuple of Verdict
        In the order of the table.
    quick : bool
        Whether the quick form was run.
    version : str
        Of this package.
    """

    verdicts: tuple[Verdict, ...]
    quick: bool
    version: str

    @property
    def holds(self) -> bool:
        """Whether something was tried and all of it is as it must be."""
        return bool(self.met) and not self.not_met

    @property
    def met(self) -> tuple[Verdict, ...]:
        """The cells that are as they must be."""
        return tuple(verdict for verdict in self.verdicts if verdict.word == "met")

    @property
    def not_met(self) -> tuple[Verdict, ...]:
        """The cells that are not as they must be."""
        return tuple(verdict for verdict in self.verdicts if verdict.word == "not met")

    @property
    def missing(self) -> tuple[Verdict, ...]:
        """The cells whose estimator does not exist yet."""
        return tuple(verdict for verdict in self.verdicts if verdict.word == "missing")

    @property
    def kept(self) -> tuple[Verdict, ...]:
        """The cells whose row was taken over from an earlier result."""
        return tuple(verdict for verdict in self.verdicts if verdict.kept)

    def to_csv(self) -> str:
        """Return the table of results, one row for each cell, with the columns :data:`COLUMNS`."""
        return written(self.verdicts, version=self.version, quick=self.quick)

    def write(self, file: Path) -> None:
        """Write the table of results; the whole file appears at once.

        Raises
        ------
        InvalidInput
            If the folder cannot be made or written.
        """
        write_files(Path(file).parent, {Path(file).name: self._write})

    def _write(self, file: Path) -> None:
        file.write_text(self.to_csv(), encoding="utf-8", newline="")


def certify(
    table: CertificateTable,
    *,
    names: Sequence[str] = (),
    quick: bool = False,
    executor: Executor = SERIAL,
    earlier: Earlier = NOTHING,
    progress: Callable[[Verdict], None] | None = None,
) -> Certificate:
    """Run the cells of a table and judge them.

    Procedure: each cell simulates its world R times and counts how often the interval of its estimator holds the truth.
    A cell that must *pass* is met if coverage, bias and standard errors are inside their bands; one that must *fail*, if
    the coverage is below its share and the estimate warns of it; one that must *show* a known size, if it does. Each
    comparison gives three Monte Carlo errors. Where a failing estimator cannot know that it fails (two lists say
    nothing of their dependence), the assumption that is broken must be on the estimate, and the function that it names
    must hold the truth in a cell of the same world; or the table says why no function can.

    Parameters
    ----------
    table : CertificateTable
    names : sequence of str
        Ids of cells, or patterns such as ``"sadinle-*"``; all cells if empty. Cells that answer those asked come along.
    quick : bool
        Whether to run the quick form (200 simulations) instead of the full one (1,000 or more).
    executor : Executor
        Where the blocks of simulations are computed; the result is the same everywhere.
    earlier : Earlier
        Finished blocks, and results that are taken over.
    progress : callable or None
        Called with each verdict as soon as it is there.

    Returns
    -------
    Certificate

    Raises
    ------
    InvalidInput
        If no cell has such a name, the blocks belong to another run, or an earlier result cannot be read.

    References
    ----------
    Morris, White & Crowther (2019), Statistics in Medicine 38(11), 2074-2102 (simulation studies of estimators).

    Examples
    --------
    >>> from microwork_estimate.study.certificate_table import read_certificate_table
    >>> certificate = certify(read_certificate_table(), names=["chapman-at-odds-ratio-2"], quick=True)
    >>> [(verdict.cell.id, verdict.word) for verdict in certificate.verdicts]
    [('chapman-at-odds-ratio-2', 'met')]
    """
    chosen = _chosen(table, names)
    version = metadata.version("microwork-estimate")
    kept = _kept(chosen, earlier.results, version=version, quick=quick)
    ready = [cell for cell in chosen if cell.status == "ready" and cell.id not in kept]
    runs = {cell.id: table.run_of(cell, quick=quick) for cell in ready}
    results = executor.map(simulate_block, _tasks(runs, earlier.blocks))
    by_id = {cell.id: cell for cell in table.cells}
    verdicts = []
    for cell in chosen:
        if cell.id in runs:
            answer = by_id.get(cell.rule.answer or "") if isinstance(cell.rule, FailRule) else None
            verdict = judge(cell, _collected(results, runs[cell.id]), answer)
        else:
            verdict = Verdict(cell=cell, word="met" if cell.id in kept else "missing", kept=kept.get(cell.id, ()))
        verdicts.append(verdict)
        if progress is not None:
            progress(verdict)
    return Certificate(verdicts=tuple(verdicts), quick=quick, version=version)


def certify_shipped(
    *,
    names: Sequence[str] = (),
    quick: bool = False,
    n_workers: int = 1,
    out: Path | None = None,
    keep: Sequence[Path] = (),
    progress: Callable[[Verdict], None] | None = None,
) -> Certificate:
    """Run the table of certificates that comes with the program, and write the result if asked.

    Parameters
    ----------
    names, quick, progress
        As in :func:`certify`.
    n_workers : int
        Number of processes.
    out : Path or None
        CSV file for the result. Until it is written, finished simulations are kept in a folder beside it, ``.blocks``,
        so that a run that was stopped can be started again.
    keep : sequence of Path
        Results that are taken over, as of :class:`Earlier`.

    Returns
    -------
    Certificate

    Raises
    ------
    InvalidInput
        As of :func:`certify`; if the number of workers is impossible, or the file cannot be written.

    Examples
    --------
    >>> certify_shipped(names=["wald-*"], quick=True).verdicts[0].cell.id
    'wald-sparse'
    """
    executor = Executor(kind="serial" if n_workers == 1 else "processes", n_workers=n_workers)
    store = None if out is None else Path(out).with_name(f"{Path(out).name}.blocks")
    certificate = certify(
        read_certificate_table(),
        names=names,
        quick=quick,
        executor=executor,
        earlier=Earlier(blocks=store, results=tuple(keep)),
        progress=progress,
    )
    if out is not None and store is not None:
        certificate.write(out)
        shutil.rmtree(store, ignore_errors=True)
    return certificate


def _chosen(table: CertificateTable, names: Sequence[str]) -> tuple[CellEntry, ...]:
    ids = [cell.id for cell in table.cells]
    unknown = [name for name in names if not fnmatch.filter(ids, name)]
    if unknown:
        close = difflib.get_close_matches(unknown[0], ids, cutoff=0.0)
        raise InvalidInput(
            "unknown cell",
            expected=f"one of the {len(ids)} cells of the table, such as " + ", ".join(close),
            got=", ".join(repr(name) for name in unknown),
            where="cells",
            fix="check the spelling; * stands for any characters",
        )
    wanted = {name for pattern in names or ("*",) for name in fnmatch.filter(ids, pattern)}
    # A failure that is answered in another cell is nothing without the answer.
    rules = [cell.rule for cell in table.cells if cell.id in wanted]
    wanted |= {rule.answer for rule in rules if isinstance(rule, FailRule) and rule.answer is not None}
    return tuple(cell for cell in table.cells if cell.id in wanted)


def _kept(chosen: Sequence[CellEntry], files: Sequence[Path], *, version: str, quick: bool) -> dict[str, EarlierRow]:
    """Return the earlier rows, by cell, that need no run."""
    return {cell.id: row for file in files for cell, row in earlier_rows(file, chosen, version=version, quick=quick)}


def _tasks(runs: dict[str, Run], store: Path | None) -> list[Task]:
    tasks = []
    for name, run in runs.items():
        kept = None if store is None else BlockStore.opened(Path(store) / name, run.identity)
        tasks += [Task(run, block, kept) for block in range(run.n_blocks)]
    return tasks


def _collected(results: Iterator[list[Outcome]], run: Run) -> list[Outcome]:
    """Take the blocks of one run from the results, which come in the order of the tasks."""
    return [outcome for _ in range(run.n_blocks) for outcome in next(results)]

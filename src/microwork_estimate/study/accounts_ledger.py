"""From declared accounts to persons, for a study: each step with its source and its error, or that nothing is public."""

from __future__ import annotations

import numpy as np

from microwork_estimate.frozen import Scalar
from microwork_estimate.inputs import Elicited, PlatformRegistrations, platform_registrations
from microwork_estimate.platforms import LedgerFactors, LedgerRow, registrations_ledger
from microwork_estimate.platforms.ledger import STEP_LABELS
from microwork_estimate.study.bundle import ResultTable
from microwork_estimate.study.readable import Inputs
from microwork_estimate.study.registry import Study
from microwork_estimate.study.schema_audit import LedgerEntry

STEPS = ("duplicates", "abroad", "dormant", "platforms_per_person")
COLUMNS = (
    *("step", "label_en", "label_fr", "unit", "value", "low", "high"),
    *("factor", "factor_low", "factor_high", "status", "source_en", "source_fr"),
)
NOT_PUBLIC = "unavailable"
_NOTHING_KNOWN = ("{label} (not public)", "{label} (non public)")
_OF_WHOM = ("of whom {label}", "dont {label}")
_ARITHMETIC = ("arithmetic on published figures: ", "calcul sur des chiffres publiés : ")


def accounts_ledger(study: Study) -> ResultTable | None:
    """Walk from the declared accounts of a study to persons, as its objections ask for it.

    Procedure: the steps for which the study has a figure or an elicited interval are those of
    :func:`microwork_estimate.platforms.registrations_ledger`; the others stand in their place and take nothing away,
    with the status ``"unavailable"``: a ledger that left them out would hide that nobody knows. Figures
    are taken as they are, so that only elicited steps widen the interval. Published figures that are part of the last
    line may follow: they are read here to be compared, and lead to no estimate.

    Parameters
    ----------
    study : Study

    Returns
    -------
    ResultTable or None
        One row for each line, the declared accounts first, with what is left after it. `status` is that of the figure or
        the factor, and ``"unavailable"`` where nothing is public. None for a study without a ledger.

    Examples
    --------
    >>> from microwork_estimate.study.registry import load
    >>> table = accounts_ledger(load("diplab-2019"))
    >>> [(row[0], round(row[4]), row[10]) for row in table.rows][3:5]
    [('dormant', 337980, 'unavailable'), ('platforms_per_person', 266126, 'published')]
    """
    entries = [objection.ledger for objection in study.objections if objection.ledger is not None]
    return ResultTable(columns=COLUMNS, rows=tuple(_rows(study, entries[0]))) if entries else None


def _rows(study: Study, entry: LedgerEntry) -> list[tuple[Scalar, ...]]:
    inputs = study.inputs_only()
    keys = {name: key for name in STEPS if (key := getattr(entry, name)) is not None}
    factors = {name: _factor(inputs, key) for name, key in keys.items()}
    declared = _declared(study, inputs, entry)
    ledger = registrations_ledger(declared, LedgerFactors(**factors))
    made = {row.step: row for row in ledger.rows}
    rows = [_row(made["declared"], _origin(study, str(entry.registrations or entry.declared)))]
    for name in STEPS:
        if name in made:
            rows.append(_row(made[name], _origin(study, keys[name])))
        else:
            before = rows[-1]
            labels = _words(_NOTHING_KNOWN, STEP_LABELS[name])
            rows.append((name, *labels, *before[3:7], None, None, None, NOT_PUBLIC, "", ""))
    return [*rows, *(_part(study, key) for key in entry.then)]


def _part(study: Study, key: str) -> tuple[Scalar, ...]:
    """Return the line of a published figure that is part of the line before, under the name of its tier."""
    figure = study.figure(key)
    tier = next((tier for tier in study.tiers.values() if tier.published == key), None)
    named = (figure.what, figure.what_fr or figure.what) if tier is None else (tier.label, tier.label_fr or tier.label)
    labels = _words(_OF_WHOM, named)
    return (key, *labels, figure.unit, figure.number, *[None] * 5, figure.status, *_read_in(figure.source))


def _words(frames: tuple[str, str], names: tuple[str, str]) -> tuple[str, str]:
    english, french = (frame.format(label=name) for frame, name in zip(frames, names, strict=True))
    return english, french


def _declared(study: Study, inputs: Inputs, entry: LedgerEntry) -> PlatformRegistrations:
    if entry.registrations is not None:
        return platform_registrations(
            inputs.read_table(entry.registrations),
            platform="platform",
            accounts="accounts",
            source=study.files[entry.registrations].what,
            territory=study.territory,
        )
    figure = inputs.figure(str(entry.declared))
    return PlatformRegistrations(
        platforms=("all declaring",),
        accounts=np.array([figure.number]),
        source=figure.source,
        territory=study.territory,
    )


def _factor(inputs: Inputs, key: str) -> Elicited:
    if key in inputs.factors:
        return inputs.elicited(key)
    figure = inputs.figure(key)
    return Elicited(distribution="fixed", low=figure.number, source=figure.source)


def _origin(study: Study, key: str) -> tuple[str, str, str]:
    """Return the status of a table, a factor or a figure, and where it comes from in both languages."""
    if key in study.files:
        file = study.files[key]
        return "published", file.what, file.what_fr or file.what
    if key in study.elicited:
        factor = study.elicited[key]
        said = factor.reason or factor.what
        return factor.status, said, factor.reason_fr or said
    figure = study.inputs[key]
    return (figure.status, *_read_in(figure.source))


def _read_in(source: str) -> tuple[str, str]:
    """Return where a figure was read, in both languages: titles of documents stay as they are, our own words do not."""
    english, french = _ARITHMETIC
    return source, french + source.removeprefix(english) if source.startswith(english) else source


def _row(row: LedgerRow, origin: tuple[str, str, str]) -> tuple[Scalar, ...]:
    ends = _ends(row.low, row.high)
    factors = (row.factor, *_ends(row.factor_low, row.factor_high))
    return (row.step, row.label_en, row.label_fr, row.unit, row.value, *ends, *factors, *origin)


def _ends(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Return the ends of an interval, or none where a figure was taken as it is."""
    return (None, None) if low == high else (low, high)

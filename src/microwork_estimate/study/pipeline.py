"""A run of a study, as a table of contents: each estimate by its recipe, then what compares them with what was published.

The recipes get inputs only. The published results are read here, after all estimates are made, for two tables of
comparison.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, replace

from microwork_estimate import synthesis
from microwork_estimate.bootstrap import Execution
from microwork_estimate.errors import CodedWarning, InvalidInput, MicroworkWarning
from microwork_estimate.estimate import Estimand, Estimate
from microwork_estimate.frozen import Scalar
from microwork_estimate.study.audit import audit_table, objection_words
from microwork_estimate.study.bundle import ResultBundle, ResultTable, environment
from microwork_estimate.study.citation import document_rows
from microwork_estimate.study.contrasts import tier_contrasts
from microwork_estimate.study.course import Plan, under_way
from microwork_estimate.study.disagreement import route_tables, route_words
from microwork_estimate.study.figures import Figure
from microwork_estimate.study.ledger import assumption_ledger
from microwork_estimate.study.origins import marks_of, rests_on
from microwork_estimate.study.package_data import checksum
from microwork_estimate.study.recipe_book import Recipe
from microwork_estimate.study.recipes import RECIPES
from microwork_estimate.study.registry import Study
from microwork_estimate.study.schema import EstimateEntry
from microwork_estimate.study.task import Found, Settings, Task

DEFAULT_SEED = 2019
DEFAULT_REPLICATES = 1999


def run(
    study: Study,
    *,
    n_replicates: int = DEFAULT_REPLICATES,
    seed: int = DEFAULT_SEED,
    execution: Execution | None = None,
) -> ResultBundle:
    """Make every estimate of a study and put it into a result bundle.

    Parameters
    ----------
    study : Study
    n_replicates : int
        Replicates for the intervals that are made by redrawing.
    seed : int
        Seed of the random streams. The same seed gives the same bundle, to the byte.
    execution : Execution or None
        Where replicates are computed (serially if None), in which folder finished blocks are kept, and who is told how
        far the run is. The bundle is the same to the byte whatever it says. A run that was stopped and is started again
        with the same folder goes on where it was.

    Returns
    -------
    ResultBundle

    Raises
    ------
    InvalidInput
        If the study names an unknown recipe, or an input cannot be used; if the folder of the execution belongs to
        another run, or its scheduler does not answer (nothing is written then).
    CheckpointNotWritten
        If a block cannot be kept.

    Examples
    --------
    >>> from microwork_estimate import study
    >>> bundle = study.run(study.load("diplab-2019"), n_replicates=199, seed=1)
    >>> round(bundle.estimates["occasional"].value)
    266126
    """
    settings = Settings(n_replicates=n_replicates, seed=seed)
    with warnings.catch_warnings():
        # The warnings are in the estimates, by their code; a run of many estimates would repeat them.
        warnings.simplefilter("ignore", MicroworkWarning)
        estimates, tables, made_from = _found(study, settings, execution or Execution())
        estimates |= _exclusive_tiers(study, estimates)
        tables |= tier_contrasts(study, estimates, level=settings.level)
        tables |= _comparisons(study, estimates)
        tables |= route_tables(study, estimates, tables)
        tables |= audit_table(study)
        tables["assumption_ledger"] = assumption_ledger(study, estimates)
        made_from |= _made_later(study, made_from)
    return ResultBundle(
        study=_about(study, estimates),
        settings=settings.recorded(),
        inputs={key: asdict(figure) for key, figure in study.inputs.items()},
        published={key: asdict(figure) for key, figure in (*study.published.items(), *study.context.items())},
        files={key: checksum(study.table(key)) for key in study.files},
        estimates=estimates,
        tables=tables,
        environment=environment(),
        made_from=made_from,
    )


def _found(
    study: Study, settings: Settings, execution: Execution
) -> tuple[dict[str, Estimate], dict[str, ResultTable], dict[str, frozenset[str]]]:
    """Make one estimate after the other, and note what each was made of."""
    made_from: dict[str, frozenset[str]] = {}
    estimates: dict[str, Estimate] = {}
    tables: dict[str, ResultTable] = {}
    recipes = {entry.name: _recipe(study, entry) for entry in study.estimates}
    plan = Plan(
        redraws={name: 0 if _missing(study, name) else recipe.redraws for name, recipe in recipes.items()},
        n_replicates=settings.n_replicates,
    )
    with under_way(study, plan, seed=settings.seed, execution=execution) as course:
        for entry in study.estimates:
            with course.estimate(entry.name) as own:
                found = _make(study, entry, recipes[entry.name], replace(settings, execution=own))
            estimates |= found.estimates
            tables |= found.tables
            if not _missing(study, entry.name):
                made_from |= dict.fromkeys((*found.estimates, *found.tables), marks_of(study, entry))
    return estimates, tables, made_from


def _made_later(study: Study, of: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Say of what tiers without the more active ones, routes and findings are made."""
    first = {entry.tier: entry.name for entry in reversed(study.estimates) if entry.tier}
    nested = [first[key] for key in study.tiers if key in first]
    made: dict[str, tuple[str, ...]] = {}
    if len(nested) == len(study.tiers):
        made |= {f"only_{key}": tuple(nested[max(at - 1, 0) : at + 1]) for at, key in enumerate(study.tiers)}
    made |= {f"route:{e.id}": tuple(str(n) for n in (e.estimate, e.table) if n is not None) for e in study.routes}
    made |= {f"finding:{finding.id}": tuple(finding.when_given) for finding in study.findings}
    return {name: rests_on(name, parts, of) for name, parts in made.items()}


def _recipe(study: Study, entry: EstimateEntry) -> Recipe:
    if entry.recipe not in RECIPES:
        raise InvalidInput(
            "unknown recipe",
            expected="one of " + ", ".join(sorted(RECIPES)),
            got=repr(entry.recipe),
            where=f"{study.path}, estimates.{entry.name}.recipe",
            fix="check the spelling",
        )
    recipe = RECIPES[entry.recipe]
    recipe.check(entry, str(study.path))
    return recipe


def _missing(study: Study, name: str) -> list[Figure]:
    return [figure for figure in study.inputs_only(name).figures.values() if not figure.available]


def _make(study: Study, entry: EstimateEntry, recipe: Recipe, settings: Settings) -> Found:
    """Run the recipe of one estimate, unless an input is not available."""
    inputs = study.inputs_only(entry.name)
    estimand = study.estimand(entry.name)
    missing = _missing(study, entry.name)
    if missing:
        return Found(estimates={entry.name: _unavailable(entry, estimand, [f.key for f in missing], missing[0].reason)})
    task = Task(
        name=entry.name,
        inputs=inputs,
        options=entry.options,
        estimand=estimand,
        settings=settings,
        tiers=study.tiers,
    )
    return _with_circularity(recipe.function(task), [f for f in inputs.figures.values() if f.circular])


def _with_circularity(found: Found, circular: list[Figure]) -> Found:
    """Say of every estimate that one of its inputs was worked out from the published result."""
    if not circular:
        return found
    keys = ", ".join(figure.key for figure in circular)
    warning = CodedWarning(
        code="circular", message=f"worked out from the published result, so that recomputing it is circular: {keys}"
    )
    marked = {name: replace(e, warnings=(*e.warnings, warning)) for name, e in found.estimates.items()}
    return Found(estimates=marked, tables=found.tables)


def _unavailable(entry: EstimateEntry, estimand: Estimand, keys: list[str], reason: str) -> Estimate:
    warning = CodedWarning(code="unavailable", message=f"inputs that were not found: {', '.join(keys)} ({reason})")
    return Estimate(name=entry.name, value=None, estimand=estimand, method=entry.recipe, warnings=(warning,))


def _exclusive_tiers(study: Study, estimates: dict[str, Estimate]) -> dict[str, Estimate]:
    """Subtract the tiers from each other, index by index, if each of them was estimated with replicates."""
    first = {entry.tier: estimates.get(entry.name) for entry in reversed(study.estimates) if entry.tier}
    nested = [first.get(key) for key in study.tiers]
    if not study.nested or any(estimate is None or estimate.replicates is None for estimate in nested):
        return {}
    cells = synthesis.exclusive(synthesis.tiers([e for e in nested if e is not None], names=_tiers(study)))
    return {f"only_{cell.tier.id}": replace(cell.estimate, name=f"only_{cell.tier.id}") for cell in cells}


def _comparisons(study: Study, estimates: dict[str, Estimate]) -> dict[str, ResultTable]:
    """Compare what was published with what was estimated; nothing flows back into an estimate."""
    tables = {"comparison": _comparison(study, estimates)}
    levels = {key: tier.published for key, tier in study.tiers.items() if tier.published}
    if study.nested and len(levels) == len(study.tiers):
        tables["published_tiers"] = _published_tiers(study, levels)
    return tables


def _comparison(study: Study, estimates: dict[str, Estimate]) -> ResultTable:
    """Say for each estimate what share of it the published figure is: of its value, and of both ends around it."""
    rows = []
    for entry in study.estimates:
        estimate = estimates.get(entry.name)
        if entry.published is None or estimate is None:
            continue
        published = study.figure(entry.published).number
        around = estimate.bounds or estimate.interval
        ends: tuple[float | None, float | None] = (None, None) if around is None else (around.low, around.high)
        shares = [None if not number else published / number for number in (estimate.value, *ends)]
        below = [None if share is None else 1 - share for share in shares]
        rows.append((entry.name, published, *shares, *below))
    columns = ("estimate", "published", "of_value", "of_low", "of_high", "below_value", "below_low", "below_high")
    return ResultTable(columns=columns, rows=tuple(rows))


def _published_tiers(study: Study, levels: dict[str, str]) -> ResultTable:
    """Write the published tiers, which are nested, as exclusive ones."""
    published = [
        Estimate(
            name=key,
            value=study.figure(figure).number,
            estimand=Estimand(unit="persons", territory=study.territory),
            method="as published",
        )
        for key, figure in levels.items()
    ]
    nested = synthesis.tiers(published, names=_tiers(study))
    cells = synthesis.exclusive(nested)
    rows = tuple(
        (whole.tier.id, whole.estimate.value, cell.estimate.value) for whole, cell in zip(nested, cells, strict=True)
    )
    return ResultTable(columns=("tier", "nested", "exclusive"), rows=rows)


def _tiers(study: Study) -> list[synthesis.Tier]:
    return [
        synthesis.Tier(
            id=key,
            label_en=tier.label,
            label_fr=tier.label_fr or tier.label,
            criterion_en=tier.criterion,
            criterion_fr=tier.criterion_fr or tier.criterion,
        )
        for key, tier in study.tiers.items()
    ]


def _about(study: Study, estimates: dict[str, Estimate]) -> dict[str, object]:
    """Collect what a report needs to know of the study, so that it can be made from the bundle alone."""
    return {
        "id": study.id,
        "version": study.version,
        "title_en": study.title,
        "title_fr": study.title_fr,
        "territory": study.territory,
        "synthetic": study.synthetic,
        "sources": [document.citation for document in study.sources()],
        "documents": document_rows(study),
        "tiers": [
            {
                "id": key,
                "label_en": tier.label,
                "label_fr": tier.label_fr or tier.label,
                "criterion_en": tier.criterion,
                "criterion_fr": tier.criterion_fr or tier.criterion,
                "published": tier.published,
                "estimates": [entry.name for entry in study.estimates if entry.tier == key],
            }
            for key, tier in study.tiers.items()
        ],
        "labels": _labels(study),
        "routes": route_words(study),
        "objections": objection_words(study),
        "findings": [
            {"id": finding.id, "en": finding.text, "fr": finding.text_fr}
            for finding in study.findings
            if all(_has_value(estimates, name) for name in finding.when_given)
            and not any(_has_value(estimates, name) for name in finding.when_missing)
        ],
    }


def _has_value(estimates: dict[str, Estimate], name: str) -> bool:
    return name in estimates and estimates[name].value is not None


def _labels(study: Study) -> dict[str, dict[str, Scalar]]:
    """Name every estimate and factor in both languages; an estimate for one tier of several bears the tier's name too."""
    labels: dict[str, dict[str, Scalar]] = {}
    for entry in study.estimates:
        french = entry.label_fr or entry.label
        labels[entry.name] = {"en": entry.label, "fr": french, "published": entry.published}
        for key, tier in study.tiers.items():
            named = {"en": f"{entry.label}: {tier.label}", "fr": f"{french} : {tier.label_fr or tier.label}"}
            labels[f"{entry.name}_{key}"] = {**named, "published": None}
    for key, tier in study.tiers.items():
        labels[f"only_{key}"] = {
            "en": f"Only {tier.label}",
            "fr": f"Seulement {tier.label_fr or tier.label}",
            "published": None,
        }
    for key, factor in study.elicited.items():
        labels[key] = {"en": factor.what, "fr": factor.what_fr or factor.what, "published": None}
    return labels

"""The synthetic study: made again to the byte, labelled as synthetic everywhere, and its chain finds the truth."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from microwork_estimate import reporting, study

ROOT = Path(__file__).parents[2]
STUDY = study.load("diplab-like")


def _script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bundle():
    return study.run(STUDY, n_replicates=399, seed=2019)


def test_script_makes_the_data_again(tmp_path, monkeypatch):
    """The committed script writes every table to the byte."""
    script = _script("make_diplab_like")
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    script.main()
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in (ROOT / "data" / "diplab_like").glob("*.csv")}
    assert made == kept


def test_description_of_the_data_is_up_to_date():
    """Checksums, sizes and the data dictionary are those that the script would write now."""
    script = _script("describe_data")
    manifest = (ROOT / "data" / "datapackage.json").read_text(encoding="utf-8")
    package = script.with_checksums(json.loads(manifest))
    assert json.dumps(package, ensure_ascii=False, indent=2) + "\n" == manifest
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert script.dictionary(package, readme) == readme


def test_truth_is_what_was_asked_for():
    """Registered, monthly and weekly persons are 266,126, 52,337 and 14,903; registrations are persons x platforms."""
    lines = STUDY.table("truth").read_text(encoding="utf-8").splitlines()[1:]
    truth = {name: float(value) for name, value in (line.split(",") for line in lines)}
    assert (truth["registered"], truth["monthly"], truth["weekly_every_week"]) == (266_126, 52_337, 14_903)
    assert truth["weekly_every_week"] + truth["monthly_not_weekly"] == truth["monthly"]
    assert truth["monthly"] + truth["rarer"] + truth["dormant"] == truth["registered"]
    assert truth["registered"] * truth["mean_platforms"] == pytest.approx(truth["registrations"])


def test_the_chain_finds_the_truth(bundle):
    """Each tier's interval holds the truth, and the bounds of the dependent lists do."""
    for tier in ("very_active", "regular", "occasional"):
        interval = bundle.estimates[tier].interval
        assert interval.low < STUDY.published[tier].number < interval.high
    bounds = bundle.estimates["very_active_dependence"].bounds
    assert bounds.low < 14_903 < bounds.high


def test_exclusive_tiers_add_up_in_every_replicate(bundle):
    """The exclusive cells come from the same draws as the nested tiers: index by index they sum to the widest."""
    cells = [bundle.estimates[f"only_{tier}"].replicates.values for tier in ("very_active", "regular", "occasional")]
    np.testing.assert_allclose(sum(cells), bundle.estimates["occasional"].replicates.values, rtol=1e-12)


def test_sources_are_redrawn_on_streams_of_their_own(bundle):
    """Each estimate says which sources were redrawn for it."""
    streams = {name: bundle.estimates[name].replicates.streams for name in ("very_active", "regular", "occasional")}
    assert streams["very_active"] == ("lists",)
    assert streams["regular"] == ("audience",)
    assert set(streams["occasional"]) == {"survey", "registrations", "duplicates"}
    assert set(bundle.estimates["only_occasional"].replicates.streams) == {
        "survey",
        "registrations",
        "duplicates",
        "audience",
    }


def test_survey_on_three_platforms_warns(bundle):
    """The survey reached three of seven platforms: the estimate carries the warning, and no interval hides it."""
    assert "transport" in {warning.code for warning in bundle.estimates["occasional"].warnings}


def test_synthetic_says_so_wherever_it_shows(bundle):
    """The package, the registry, the bundle, the tables and the pictures all say that no real person is counted."""
    package = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    resources = [r for r in package["resources"] if r["path"].startswith("diplab_like/")]
    assert len(resources) == 7
    assert all(r["synthetic"] is True and r["description"].startswith("SYNTHETIC") for r in resources)
    assert STUDY.synthetic
    assert bundle.study["synthetic"] is True
    for lang, word, truth in (("en", "SYNTHETIC", "truth"), ("fr", "SYNTHÉTIQUES", "vérité")):
        figure = reporting.forest_plot(bundle, lang=lang)
        assert word in figure.get_suptitle()
        assert truth in [text.get_text() for legend in figure.legends for text in legend.get_texts()]
        assert truth in reporting.table(bundle, lang=lang)[0].columns

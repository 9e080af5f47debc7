"""How the documentation is built: `make docs`."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generated_pages

project = "microwork_estimate"
author = "The microwork_estimate team"
project_copyright = f"2026, {author}"
release = metadata.version("microwork-estimate")
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build", "**/.ipynb_checkpoints"]
bibtex_bibfiles = ["../paper/paper.bib"]

# Docstrings are in the numpy form, with one section of our own.
napoleon_google_docstring = False
napoleon_custom_sections = [("Assumptions", "notes_style")]
napoleon_use_rtype = False
autodoc_member_order = "bysource"
napoleon_use_param = False
autodoc_typehints = "none"
autodoc_class_signature = "separated"
add_module_names = False

# "array of shape (n,)" is prose, but the reader of docstrings looks for something named n.
suppress_warnings = ["ref.python"]

# Only the examples of the pages: those of the docstrings are run by the tests.
doctest_test_doctest_blocks = ""

# The notebooks are executed here unless NOTEBOOKS=off; the tests execute them in any case.
nb_execution_mode = os.environ.get("NOTEBOOKS", "auto")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"microwork_estimate {release}"
html_show_sphinx = False


# The pages that come from tables and code are made before anything is read.
generated_pages.write(Path(__file__).parent)

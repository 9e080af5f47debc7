"""The options that several commands share: one spelling for one option."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StudyArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="Name of a study (see `studies`) or path of a TOML file.")
]
LangOption = Annotated[str, typer.Option("--lang", help="Language of the tables: en or fr.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the random streams. Same seed, same bytes.")]
ReplicatesOption = Annotated[int, typer.Option("--replicates", help="Number of replicates.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder for the result bundle (JSON) and the plots (PNG, SVG).")
]
ThresholdOption = Annotated[
    int,
    typer.Option(
        "--threshold", min=1, help="Smallest count of persons that is shown; 1 hides nothing: for your eyes only."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

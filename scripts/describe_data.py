"""Bring the description of the data up to date: ``data/datapackage.json`` (checksums) and ``data/README.md`` (tables).

Run it after a table of ``data/`` or its description has changed on purpose:

    python scripts/describe_data.py

The words stand in ``datapackage.json`` alone; the files and columns of the README are written from them, in both
languages. The prose around them is written by hand.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "data"
MANIFEST = DATA / "datapackage.json"
README = DATA / "README.md"

HEADINGS = {
    "": ("## Files", "## Status words", "## Columns", "## When a figure changes"),
    "_fr": ("## Fichiers", "## Statuts", "## Colonnes", "## Quand un chiffre change"),
}
FILE_HEADS = {"": "| file | what | source | licence |", "_fr": "| fichier | contenu | source | licence |"}
COLUMN_HEADS = {
    "": "| column | type | unit | description |",
    "_fr": "| colonne | type | unité | description |",
}
COMPARISON = {"": "comparison only", "_fr": "comparaison seulement"}


def with_checksums(package: dict[str, Any]) -> dict[str, Any]:
    """Return the package with the sha256 and the size of every table as it is now."""
    for resource in package["resources"]:
        content = (DATA / resource["path"]).read_bytes()
        resource["hash"] = "sha256:" + hashlib.sha256(content).hexdigest()
        resource["bytes"] = len(content)
    return package


def file_table(package: dict[str, Any], suffix: str) -> str:
    """List the tables with their source and licence."""
    rows = [FILE_HEADS[suffix], "|---|---|---|---|"]
    for resource in package["resources"]:
        sources = "; ".join(
            f"[{s.get('title' + suffix, s['title'])}]({s['path']})"
            if "path" in s
            else s.get("title" + suffix, s["title"])
            for s in resource["sources"]
        )
        licences = "; ".join(licence["name"] for licence in resource["licenses"])
        note = resource.get("licence_note" + suffix)
        licences += f" ({note})" if note else ""
        rows.append(f"| `{resource['path']}` | {resource['title' + suffix]} | {sources} | {licences} |")
    return "\n".join(rows)


def column_tables(package: dict[str, Any], suffix: str) -> str:
    """List the columns of every table."""
    parts = []
    for resource in package["resources"]:
        rows = [f"### {resource['title' + suffix]} (`{resource['path']}`)", "", resource["description" + suffix], ""]
        rows += [COLUMN_HEADS[suffix], "|---|---|---|---|"]
        for field in resource["schema"]["fields"]:
            mark = f" **{COMPARISON[suffix]}**" if field.get("comparison_only") else ""
            words = field["description" + suffix]
            rows.append(f"| `{field['name']}`{mark} | {field['type']} | {field.get('unit', '')} | {words} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def dictionary(package: dict[str, Any], readme: str) -> str:
    """Return the README with its lists of files and columns written anew."""
    for suffix, (files, after_files, columns, after_columns) in HEADINGS.items():
        for start, end, content in (
            (files, after_files, file_table(package, suffix)),
            (columns, after_columns, column_tables(package, suffix)),
        ):
            head, rest = readme.split(f"\n{start}\n", 1)
            _, tail = rest.split(f"\n{end}\n", 1)
            readme = f"{head}\n{start}\n\n{content}\n\n{end}\n{tail}"
    return readme


def main() -> None:
    """Rewrite the manifest and the README."""
    package = with_checksums(json.loads(MANIFEST.read_text(encoding="utf-8")))
    MANIFEST.write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    README.write_text(dictionary(package, README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Walking the published lineage and drawing it: what a mart is made from, step by step."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

DEFAULT = "fct_actual_vs_theoretical"
REACHES: Mapping[str, int] = {"One step": 1, "Two steps": 2, "All the way": 99}
SHAPES = {
    "source": ('[("', '")]'),
    "staging": ('["', '"]'),
    "intermediate": ('["', '"]'),
    "snapshot": ('[("', '")]'),
    "marts": ('(["', '"])'),
}


def upstream(steps: pl.DataFrame, mart: str, reach: int) -> pl.DataFrame:
    """The steps that lead to a mart, at most `reach` of them in a row. Columns as in `steps`."""
    found, frontier = steps.clear(), {mart}
    for _ in range(reach):
        more = steps.filter(pl.col("child").is_in(sorted(frontier)))
        more = more.join(found, on=["child", "parent"], how="anti")
        if more.is_empty():
            break
        found = pl.concat([found, more])
        frontier = set(more["parent"].to_list())
    return found


def description(steps: pl.DataFrame, mart: str) -> str:
    """What one row of a mart is, in its model's own words."""
    said = steps.filter(pl.col("child") == mart)["description"]
    return str(said[0]) if said.len() else ""


def mermaid(steps: pl.DataFrame, mart: str) -> str:
    """The steps as a Mermaid flowchart from left to right, each kind of table with a shape of its own."""
    kinds = dict(steps.select("child", "child_kind").iter_rows()) | dict(
        steps.select("parent", "parent_kind").iter_rows()
    )
    kinds.setdefault(mart, "marts")
    lines = ["flowchart LR"]
    for name, kind in sorted(kinds.items()):
        begin, end = SHAPES.get(kind, ('["', '"]'))
        lines.append(f"  {_node(name)}{begin}{_label(name)}{end}")
    lines += [
        f"  {_node(parent)} --> {_node(child)}"
        for child, parent in steps.select("child", "parent").sort(pl.all()).iter_rows()
    ]
    lines.append(f"  style {_node(mart)} stroke-width:3px")
    return "\n".join(lines)


def _node(name: str) -> str:
    """A name that Mermaid takes for a node: words of its own grammar, such as `end`, get a letter before them."""
    return "n_" + re.sub(r"\W", "_", name)


def _label(name: str) -> str:
    return re.sub(r"[^\w. ]", " ", name)

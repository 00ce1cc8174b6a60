"""Files a run leaves beside its Parquet: the comparison as CSV, the curves as figures."""

import csv
import io
from dataclasses import asdict
from pathlib import Path

from sim.compare import Comparison
from sim.store import Run
from ui.charts import resilience_figure, save
from ui.texts import read_texts


def write_comparison(run: Run, comparison: Comparison) -> Path:
    """Write every row of a comparison as CSV and return the path."""
    path = run.folder / f"comparison-{comparison.scenario}.csv"
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(asdict(comparison.rows[0])))
    writer.writeheader()
    writer.writerows(asdict(row) for row in comparison.rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def write_figures(run: Run, scenario: str) -> list[Path]:
    """Draw the resilience curve of supply, with bands, as SVG and PNG."""
    chart = resilience_figure(
        run.curves(scenario),
        run.manifest.names["nb"],
        "nb",
        caption=read_texts("nb")("curve.legend"),
    )
    return [save(chart, run.folder / f"curves-{scenario}.{suffix}") for suffix in ("svg", "png")]

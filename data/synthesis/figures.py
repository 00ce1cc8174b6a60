"""Costs, reliability, constants and published figures: inputs in the form of the tables."""

from data.synthesis.rows import provenance, read_input
from data.synthesis.stations import Rows

# Fuller words of the inputs, as numbers.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = {"Monday-Friday": (1, 5), "Saturday": (6, 6), "Sunday and holidays": (7, 7)}

GROUPS = (
    "agriculture",
    "household",
    "industry",
    "commercial",
    "public",
    "electric_process_industry",
)


def numeric_rows(name: str, words: tuple[str, ...]) -> Rows:
    """Rows of an input whose columns are those of a table, numbers read.

    Parameters
    ----------
    name : str
        Input and table.
    words : tuple of str
        Columns that stay text.
    """
    rows: Rows = []
    for row in read_input(name):
        marks = provenance(row["source"], row["origin"])
        cells = {key: value for key, value in row.items() if key not in ("source", "origin")}
        values = {key: value if key in words else float(value) for key, value in cells.items()}
        rows.append({**values, **marks})
    return rows


def kile_rows() -> Rows:
    """Cost functions at the level of 2017."""
    rows: Rows = []
    for row in read_input("kile"):
        numbers = ("from_h", "to_h", "constant_nok_per_kw", "slope_nok_per_kw_h", "shift_h")
        cells = {key: float(row[key] or "nan") for key in numbers}
        rows.append(
            {
                "customer_group": row["customer_group"],
                **cells,
                "price_year": int(row["price_year"]),
                **provenance(row["source"], row["origin"]),
            }
        )
    return rows


def correction_rows() -> Rows:
    """Correction factors, one row per period and group.

    Months and weekdays (1 Monday to 7 Sunday and holidays) run from first to last, both
    included; hours run from first up to, not including, last.
    """
    rows: Rows = []
    for row in read_input("kile_corrections"):
        period = row["period"]
        if row["factor_kind"] == "month":
            first = last = MONTHS.index(period) + 1
        elif row["factor_kind"] == "weekday":
            first, last = WEEKDAYS[period]
        elif row["factor_kind"] == "hour":
            first, last = (int(part) for part in period.split("-"))
        else:
            continue
        rows += [
            {
                "factor_kind": row["factor_kind"],
                "first": first,
                "last": last,
                "customer_group": group,
                "factor": float(row[group]),
                **provenance(row["source"], row["origin"]),
            }
            for group in GROUPS
        ]
    return rows

"""Units that are not the column's: what a number would be in the unit the table asks for."""

import re
from collections.abc import Collection, Sequence

from data.tables import Column

# Kind of quantity, factor to the first unit of the kind, and how people write it.
_WRITTEN = (
    ("time", 1.0, "h t hr hrs hour hours time timer"),
    ("time", 1 / 60, "min mins minute minutes minutt minutter"),
    ("time", 1 / 3600, "s sec secs second seconds sek sekund sekunder"),
    ("time", 24.0, "d day days døgn dag dager"),
    ("time", 168.0, "week weeks uke uker"),
    ("time", 8760.0, "yr year years år"),
    ("power", 1.0, "MW"),
    ("power", 1e-3, "kW"),
    ("power", 1e-6, "W"),
    ("power", 1e3, "GW"),
    ("apparent power", 1.0, "MVA"),
    ("apparent power", 1e-3, "kVA"),
    ("energy", 1.0, "MWh"),
    ("energy", 1e-3, "kWh"),
    ("energy", 1e3, "GWh"),
    ("energy", 1e6, "TWh"),
    ("voltage", 1.0, "kV"),
    ("voltage", 1e-3, "V"),
    ("length", 1.0, "km"),
    ("length", 1e-3, "m meter metre metres"),
    ("length", 10.0, "mil"),
    ("volume", 1.0, "m3 m³"),
    ("volume", 1e-3, "l litre litres liter"),
    ("flow", 1.0, "m3/h m³/h"),
    ("flow", 1 / 24, "m3/d m³/d m³/døgn m3/døgn"),
    ("flow", 3.6, "l/s"),
    ("speed", 1.0, "m/s"),
    ("speed", 1 / 3.6, "km/h km/t"),
    ("speed", 0.514444, "knots knop kn"),
    ("temperature", 1.0, "degC °C C grader"),
    ("share", 1.0, "1"),
    ("share", 0.01, "% percent pct prosent pst"),
)
UNITS = {
    each.lower(): (kind, factor) for kind, factor, written in _WRITTEN for each in written.split()
}
"""Kind and factor of each unit, by how it is written, in small letters."""

# Ends of names of columns that say another unit than their letters do.
_ENDINGS = {"share": "1", "probability": "1", "ms": "m/s"}

_QUANTITY = re.compile(r"(?P<number>[-+]?\d[\d\s.,]*(?:[eE][-+]?\d+)?)(?P<unit>.*)", re.DOTALL)


def read_quantity(word: str) -> tuple[float, str] | None:
    """Read a number as people write it, with decimal comma, blanks and unit.

    Parameters
    ----------
    word : str
        A cell, such as ``0,5``, ``1 200`` or ``30 min``.

    Returns
    -------
    tuple of float and str, or None
        Number and unit as written, ``""`` without one; None if it is no number.
    """
    hit = _QUANTITY.fullmatch(word.replace("\N{MINUS SIGN}", "-"))
    if hit is None:
        return None
    number = re.sub(r"\s", "", hit["number"])
    if "," in number and "." in number:
        # The last of the two is the decimal sign.
        thousands = "," if number.rindex(",") < number.rindex(".") else "."
        number = number.replace(thousands, "")
    try:
        return float(number.replace(",", ".")), hit["unit"].strip()
    except ValueError:
        return None


def cell_advice(word: str, column: Column) -> tuple[str, str]:
    """Say what is wrong with a cell that is no number, and what to write instead.

    Parameters
    ----------
    word : str
        The cell.
    column : Column
        Of kind ``number`` or ``whole``.

    Returns
    -------
    tuple of str
        Code of the problem, ``unit_in_cell`` or ``not_a_number``, and the remedy, which may
        be empty.
    """
    read = read_quantity(word)
    if read is None:
        return "not_a_number", ""
    value, unit = read
    if not unit:
        thousands = ""
        if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", word):
            thousands = f", or {value * 1000:.10g} if the comma separates thousands"
        return "not_a_number", _write(value, column, f"with a decimal point only{thousands}")
    share = column.unit == "1" and column.high == 1.0
    own = UNITS.get(column.unit.lower()) if column.unit != "1" or share else None
    given = UNITS.get(unit.lower().rstrip("."))
    why = f"the column is in {column.unit}" if column.unit != "1" else "the column has no unit"
    if share:
        why = "the column is a share from 0 to 1"
    if unit.lower() == column.unit.lower():
        return "unit_in_cell", _write(value, column, f"without the unit; {why}")
    if own is None or given is None:
        one = "one number" if re.search(r"\d", unit) else "the number alone"
        return "not_a_number", f"Write {one}; {why}."
    if own[0] != given[0]:
        return "unit_in_cell", f"Write a number; {why}, and {unit} is a unit of {given[0]}."
    return "unit_in_cell", _write(value * given[1] / own[1], column, f"for {word}; {why}")


def _write(value: float, column: Column, how: str) -> str:
    if column.kind == "whole" and value != round(value):
        return f"Write a whole number; {value:.10g} is none."
    if not column.low <= value <= column.high:
        return f"It would be {value:.10g}, which is not allowed either."
    return f"Write {value:.10g} {how}."


def range_advice(value: float, column: Column) -> str:
    """Guess what went wrong with a number outside its limits.

    Parameters
    ----------
    value : float
        The number, in the column's unit.
    column : Column

    Returns
    -------
    str
        A remedy, or nothing.
    """
    if value < 0.0 <= column.low:
        return "A sign too many, or the wrong column?"
    if column.unit == "1" and column.high == 1.0 and 1.0 < value <= 100.0:  # noqa: PLR2004 -- %
        return f"It is a share: write {value / 100.0:g} for {value:g} %."
    return ""


def _ending(name: str) -> tuple[str, str, float] | None:
    """Split a column's name into stem, kind of quantity and factor of the unit it ends on."""
    plain = re.sub(r"[\W_]+", "_", name.lower().replace("%", "percent")).strip("_")
    stem, _, last = plain.rpartition("_")
    flow = re.fullmatch(r"(.+)_(m3|l)_per_(h|d|s)", plain)
    if flow:
        stem, last = flow[1], f"{flow[2]}/{flow[3]}"
    unit = UNITS.get(_ENDINGS.get(last, last))
    return (stem, *unit) if stem and unit else None


def misnamed_columns(
    header: Sequence[str], required: Collection[str]
) -> dict[str, tuple[str, float]]:
    """Find columns whose name ends on another unit than the one asked for.

    Parameters
    ----------
    header : sequence of str
        Names as they stand in the file.
    required : collection of str
        Names the table must have.

    Returns
    -------
    dict
        By name asked for: the name found, and the factor on its numbers. ``autonomy_min``
        for ``autonomy_h`` has 1/60.
    """
    strange = {name: _ending(name) for name in header if name not in required}
    found: dict[str, tuple[str, float]] = {}
    for wanted in required:
        own = _ending(wanted) if wanted not in header else None
        for name, given in strange.items():
            if own and given and given[:2] == own[:2]:
                found[wanted] = (name, given[2] / own[2])
    return found


def rescaled(words: list[str], factor: float) -> list[str]:
    """Cells of a misnamed column as they would be in the right one.

    Parameters
    ----------
    words : list of str
    factor : float
        On each plain number; other cells stay as they are.

    Returns
    -------
    list of str
    """
    return words if factor == 1.0 else [_times(word, factor) for word in words]


def _times(word: str, factor: float) -> str:
    try:
        return format(float(word) * factor, ".10g")
    except ValueError:
        return word

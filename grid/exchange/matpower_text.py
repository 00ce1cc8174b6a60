"""A MATPOWER case file -> its tables as they stand in it.

The text is read here and not by a library, because cases come with several rows on a line,
with ``Inf``, and with statements after the tables that change them (the distribution
cases give ohm and kW and convert them in the file). Statements of that kind are carried
out when they are the known ones and refused by line when they are not.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from data.problems import Problem
from data.tables import FloatArray

# Least number of columns MATPOWER's manual gives (R. D. Zimmerman, C. E. Murillo-Sanchez,
# MATPOWER User's Manual, appendix B).
TABLES = {"bus": 13, "gen": 10, "branch": 11}

# Columns counted from 0.
PD, QD, BASE_KV = 2, 3, 9
BR_R, BR_X = 2, 3

# Statements of MATPOWER's own distribution cases, without white space and commas.
OHM_TO_PU = "mpc.branch(:[BR_RBR_X])=mpc.branch(:[BR_RBR_X])/(Vbase^2/Sbase)"
KW_TO_MW = "mpc.bus(:[PDQD])=mpc.bus(:[PDQD])/1e3"
Q_FROM_PF = "mpc.bus(:QD)=mpc.bus(:PD)*sin(acos(pf))"
P_FROM_PF = "mpc.bus(:PD)=mpc.bus(:PD)*pf"
POWER_FACTOR = re.compile(r"pf=(\d*\.?\d+)")
CHANGES_THE_CASE = re.compile(r"mpc(\.\w+)?(\(.*\))?=.*")


@dataclass
class Case:
    """Tables of a case as they stand in the file."""

    base_mva: float = 0.0
    tables: dict[str, FloatArray] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parse_case(file: str, text: str, problems: list[Problem]) -> Case:
    """Read the tables of a case.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    text : str
        Its content.
    problems : list of Problem
        Added to: every line that cannot be read.

    Returns
    -------
    Case
    """
    case = Case()
    lines = [_without_comment(line) for line in text.splitlines()]
    at = 0
    changes: list[tuple[int, str]] = []
    while at < len(lines):
        line = lines[at].strip()
        start = re.match(r"mpc\.(\w+)\s*=\s*([\[{]?)(.*)$", line)
        if not start:
            changes.append((at + 1, line))
            at += 1
            continue
        name, opening, rest = start.groups()
        if not opening:
            if name == "baseMVA":
                case.base_mva = _number(rest.strip(" ;'\""), float("nan"))
            at += 1
            continue
        closing = "]" if opening == "[" else "}"
        first, body = at, [(at + 1, rest)]
        while closing not in body[-1][1] and at + 1 < len(lines):
            at += 1
            body.append((at + 1, lines[at]))
        if closing not in body[-1][1]:
            problems.append(
                Problem(
                    "cut_off",
                    f"{file} line {first + 1}",
                    f"mpc.{name} is never closed",
                    f"a table that ends with {closing};",
                    "The file seems to be cut off: fetch it again.",
                )
            )
        last = body[-1]
        body[-1] = (last[0], last[1].split(closing)[0])
        if opening == "{":
            words = [word for _, row in body for word in re.findall(r"'((?:[^']|'')*)'", row)]
            case.names[name] = [word.replace("''", "'").strip() for word in words]
        elif name in (*TABLES, "gencost", "dcline"):
            table = _table(file, name, body, problems)
            if table is not None:
                case.tables[name] = table
        at += 1
    _apply_changes(file, case, changes, problems)
    return case


def _without_comment(line: str) -> str:
    """Cut a comment off; a percent sign between quotes is text."""
    quoted = False
    for at, sign in enumerate(line):
        if sign == "'":
            quoted = not quoted
        elif sign == "%" and not quoted:
            return line[:at]
    return line


def _number(word: str, otherwise: float) -> float:
    try:
        return float(word)
    except ValueError:
        return otherwise


def _table(
    file: str, name: str, body: list[tuple[int, str]], problems: list[Problem]
) -> FloatArray | None:
    """Rows end with a semicolon or the line, unless three dots say that they go on."""
    rows: list[tuple[int, list[str]]] = []
    open_row: list[str] = []
    before = len(problems)
    for number, text in body:
        pieces = text.replace(",", " ").split(";")
        for piece in pieces[:-1]:
            rows.append((number, open_row + piece.split()))
            open_row = []
        open_row += pieces[-1].split()
        if open_row[-1:] == ["..."]:
            open_row.pop()
        else:
            rows.append((number, open_row))
            open_row = []
    rows = [(number, words) for number, words in rows if words]
    widths = [len(words) for _, words in rows]
    usual = max(set(widths), key=widths.count) if widths else 0
    if name != "gencost":
        problems.extend(
            Problem("cell_count", f"{file} line {number}", f"{len(words)} numbers",
                    f"{usual} as in the other rows of mpc.{name}",
                    "A decimal comma splits a number in two." if len(words) > usual else "")
            for number, words in rows
            if len(words) != usual
        )  # fmt: skip
    else:
        usual = max(widths, default=0)
        rows = [(number, words + ["0"] * (usual - len(words))) for number, words in rows]
    cells = [_cells(file, name, number, words, problems) for number, words in rows]
    if len(problems) > before or not rows:
        return None
    return np.array(cells, dtype=np.float64)


def _cells(
    file: str, name: str, number: int, words: list[str], problems: list[Problem]
) -> list[float]:
    values = []
    for word in words:
        try:
            values.append(float(word))
        except ValueError:
            place = f"{file} line {number} (mpc.{name})"
            problems.append(Problem("not_a_number", place, word, "a number"))
            values.append(float("nan"))
    return values


def _apply_changes(
    file: str, case: Case, lines: list[tuple[int, str]], problems: list[Problem]
) -> None:
    """Carry out the known statements that change a table; refuse the others by line."""
    power_factor = 1.0
    bus = case.tables.get("bus", np.empty((0, BASE_KV + 1)))
    branch = case.tables.get("branch", np.empty((0, BR_X + 1)))
    for number, line in lines:
        for statement in line.split(";"):
            plain = re.sub(r"[\s,]", "", statement).replace("/1000", "/1e3")
            if given := POWER_FACTOR.fullmatch(plain):
                power_factor = float(given[1])
            elif plain == OHM_TO_PU and len(bus):
                branch[:, [BR_R, BR_X]] /= bus[0, BASE_KV] ** 2 / case.base_mva
                case.notes.append("Impedances given in ohm were converted as the file says.")
            elif plain == KW_TO_MW:
                bus[:, [PD, QD]] /= 1e3
                case.notes.append("Loads given in kW were converted as the file says.")
            elif plain == Q_FROM_PF:
                bus[:, QD] = bus[:, PD] * np.sqrt(1.0 - power_factor**2)
            elif plain == P_FROM_PF:
                bus[:, PD] *= power_factor
            elif CHANGES_THE_CASE.fullmatch(plain):
                problems.append(
                    Problem(
                        "computed_case",
                        f"{file} line {number}",
                        statement.strip(),
                        "tables of numbers; of computed changes only ohm to per unit, kW to MW "
                        "and kVA to MW",
                        "Let MATPOWER write the finished tables with savecase.",
                    )
                )

"""What is wrong with a grid; every finding names its element and the likely fix.

Errors make the grid unusable and end the command with 2. Warnings are things a study goes
on with, which the person should know of.
"""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.problems import InputError, Problem
from grid.exchange.end_check import END_ERRORS
from grid.exchange.standard_columns import CELL_RULES
from grid.exchange.unit_check import UNIT_ERRORS, UNIT_WARNINGS
from grid.exchange.value_check import REFERENCE_RULES, VALUE_ERRORS, VALUE_WARNINGS
from grid.exchange.wiring_check import WIRING_ERRORS, WIRING_WARNINGS, check_solution

if TYPE_CHECKING:
    from pandapower import pandapowerNet


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is wrong with a net.

    Attributes
    ----------
    errors : tuple of Problem
        It cannot be used as it is.
    warnings : tuple of Problem
        It is used as given; the person should know.
    """

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_net(net: "pandapowerNet") -> list[Problem]:
    """Find what makes a net unusable.

    Parameters
    ----------
    net : pandapowerNet

    Returns
    -------
    list of Problem
        Empty when it can be used; see ``inspect_net`` for the warnings.
    """
    return list(inspect_net(net).errors)


def inspect_net(net: "pandapowerNet") -> Findings:
    """Try every rule; nothing is changed.

    Rules on values come first. What needs valid references and numbers (connected
    parts, power flow, the arrays) is tried only when those hold.

    Parameters
    ----------
    net : pandapowerNet

    Returns
    -------
    Findings
    """
    errors = [problem for rule in REFERENCE_RULES for problem in rule(net)]
    if errors:
        return Findings(errors=tuple(errors), warnings=())
    rules = (*CELL_RULES, *VALUE_ERRORS, *UNIT_ERRORS, *END_ERRORS)
    errors = [problem for rule in rules for problem in rule(net)]
    remarks = [problem for rule in (*VALUE_WARNINGS, *UNIT_WARNINGS) for problem in rule(net)]
    errors += [problem for rule in WIRING_ERRORS for problem in rule(net)]
    remarks += [problem for rule in WIRING_WARNINGS for problem in rule(net)]
    if not errors:
        errors += _refused(net)
    if not errors:
        found_errors, found_warnings = check_solution(net)
        errors += found_errors
        remarks += found_warnings
    return Findings(errors=tuple(errors), warnings=tuple(remarks))


def _refused(net: "pandapowerNet") -> list[Problem]:
    """Elements the solver's arrays cannot hold, by name."""
    from grid.net_arrays import net_arrays

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            net_arrays(net)
        except InputError as error:
            return list(error.problems)
    return []

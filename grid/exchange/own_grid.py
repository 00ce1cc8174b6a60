"""From a user's file to a study, or to everything that stands in the way."""

from typing import TYPE_CHECKING

from data.problems import InputError
from grid.exchange.formats import read_grid
from grid.exchange.understood import Understood, understood
from grid.net_study import net_study
from grid.study import GridStudy

if TYPE_CHECKING:
    from pandapower import pandapowerNet


def own_grid(source: str) -> tuple[GridStudy, Understood]:
    """Read a grid, check it, and take it as a study at the demand it states.

    Parameters
    ----------
    source : str
        Path of a file or folder, or a SimBench code.

    Returns
    -------
    GridStudy
    Understood
        Defaults that were used, and warnings.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    net, report = own_net(source)
    return net_study(net, report.name), report


def own_net(source: str) -> tuple["pandapowerNet", Understood]:
    """Read a grid and check it.

    Parameters
    ----------
    source : str
        Path of a file or folder, or a SimBench code.

    Returns
    -------
    pandapowerNet
        With every default filled in.
    Understood

    Raises
    ------
    InputError
        With every problem of the file.
    """
    net, report = understood(read_grid(source))
    if report.errors:
        raise InputError(list(report.errors))
    return net, report

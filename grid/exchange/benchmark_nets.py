"""SimBench benchmark grids by their code, with the tap positions they are given with."""

import difflib
import re
from typing import TYPE_CHECKING

from data.problems import InputError, Problem
from grid.exchange.imported import ImportedNet, told

if TYPE_CHECKING:
    from pandapower import pandapowerNet

CODE = re.compile(r"\d+-[A-Za-z_]+-[\w.]+-[\w.]*-\d(-\w+)?")
"""version - voltage levels - type - number or next level - scenario - switches."""


def looks_like_code(text: str) -> bool:
    """Whether a text has the form of a SimBench code."""
    return bool(CODE.fullmatch(text))


def read_simbench(code: str) -> ImportedNet:
    """Take a SimBench grid.

    SimBench fills the columns of pandapower 2; pandapower 3 ignores ``tap_pos`` where
    ``tap_changer_type`` is empty, so transformers away from their neutral position would
    count as neutral. The type is filled in here: ``Ratio`` for a changer in phase,
    ``Ideal`` for one that turns the angle.

    Parameters
    ----------
    code : str
        For example ``1-HV-mixed--0-no_sw``.

    Returns
    -------
    ImportedNet

    Raises
    ------
    InputError
        If there is no such grid; the nearest codes are named.
    """
    from simbench import collect_all_simbench_codes, get_simbench_net

    codes = collect_all_simbench_codes()
    if code not in codes:
        near = difflib.get_close_matches(code, codes, n=5, cutoff=0.0)
        raise InputError(
            [
                Problem(
                    "unknown_simbench_code",
                    "SimBench code",
                    code,
                    f"one of {len(codes)} codes",
                    f"Near ones: {', '.join(near)}.",
                )
            ]
        )
    notes: list[str] = []
    with told(notes):
        net = get_simbench_net(code)
    # The ready time series would make every saved copy many times larger.
    net.pop("profiles", None)
    count = fill_tap_changer_type(net)
    if count:
        notes.append(
            f"{count} transformers have a tap changer that SimBench gives no type; it is taken as "
            "'Ratio' ('Ideal' when it turns the angle), so that their tap positions count."
        )
    return ImportedNet(net=net, name=code, file_format="SimBench grid", notes=tuple(notes))


def fill_tap_changer_type(net: "pandapowerNet") -> int:
    """Say what the tap changers are where only their positions are given.

    Parameters
    ----------
    net : pandapowerNet
        Changed.

    Returns
    -------
    int
        Transformers away from their neutral position whose type was filled in.
    """
    count = untyped_taps(net)
    for table in ("trafo", "trafo3w"):
        own = net[table]
        if own.empty or "tap_pos" not in own:
            continue
        angle = own["tap_step_percent"].fillna(0.0) == 0
        missing = own["tap_changer_type"].isna() & own["tap_pos"].notna()
        own["tap_changer_type"] = own["tap_changer_type"].astype(object)
        own.loc[missing & ~angle, "tap_changer_type"] = "Ratio"
        turns = own["tap_step_degree"].fillna(0.0) != 0
        own.loc[missing & angle & turns, "tap_changer_type"] = "Ideal"
    return count


def untyped_taps(net: "pandapowerNet") -> int:
    """Count transformers whose tap position pandapower 3 does not use for want of a type.

    Parameters
    ----------
    net : pandapowerNet

    Returns
    -------
    int
    """
    count = 0
    for table in ("trafo", "trafo3w"):
        own = net[table]
        if own.empty or not {"tap_pos", "tap_neutral", "tap_changer_type"} <= set(own.columns):
            continue
        away = own["tap_pos"].notna() & own["tap_neutral"].notna()
        away &= own["tap_pos"] != own["tap_neutral"]
        count += int((away & own["tap_changer_type"].isna()).sum())
    return count

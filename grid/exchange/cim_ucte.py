"""CGMES (zip, folder or XML) and UCTE files -> pandapower net, by pandapower's converters."""

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from data.problems import InputError, Problem
from grid.exchange.imported import ImportedNet, told

if TYPE_CHECKING:
    from pandapower import pandapowerNet

CIM_NAMESPACE = re.compile(
    rb"iec\.ch/TC57/(\d{4})?[^\"']*CIM|iec\.ch/TC57/CIM|ucaiug\.org/CIM", re.IGNORECASE
)
CGMES_3 = re.compile(rb"iec\.ch/TC57/CIM100|ucaiug\.org/CIM", re.IGNORECASE)
HEAD_BYTES = 4096
ALLOWED = "CGMES 2.4.15 or 3.0: at least the profiles EQ, SSH and TP, as XML files or zipped"
EQ_REMEDY = (
    "Export all of EQ, SSH, TP and SV from the source system, with the boundary files if the "
    "grid names them."
)


def read_cgmes(path: Path) -> ImportedNet:
    """Read a CGMES model.

    Parameters
    ----------
    path : Path
        A zip file, one XML file, or a folder of either.

    Returns
    -------
    ImportedNet

    Raises
    ------
    InputError
        If nothing in it is CIM, or the converter cannot make a grid of it.
    """
    from pandapower.converter.cim import from_cim

    files = _cgmes_files(path)
    version = "3.0" if any(CGMES_3.search(head) for _, head in files) else "2.4.15"
    notes: list[str] = []
    problems: list[Problem] = []
    net = None
    with told(notes):
        try:
            net = from_cim.from_cim(
                file_list=[str(file) for file, _ in files],
                cgmes_version=version,
                create_measurements=None,
                create_tap_controller=False,
                run_powerflow=False,
                ignore_errors=False,
            )
        except Exception as error:  # noqa: BLE001 -- the converter raises whatever breaks in it
            what = f"{type(error).__name__}: {error}"[:300]
            problems.append(Problem("not_converted", path.name, what, ALLOWED, EQ_REMEDY))
    if net is not None and net.bus.empty:
        found = "no bus" + (f" ({notes[0][:200]})" if notes else "")
        problems.append(Problem("no_grid", path.name, found, ALLOWED, EQ_REMEDY))
    if problems or net is None:
        raise InputError(problems)
    _choose_reference(net, notes)
    return ImportedNet(net=net, name=path.stem, file_format=f"CGMES {version}", notes=tuple(notes))


def _choose_reference(net: "pandapowerNet", notes: list[str]) -> None:
    """Let the injection with the first ``referencePriority`` hold the angle if none does.

    The converter takes only injections that control a voltage as references; CGMES ranks
    every injection that may be one (1 is first, 0 never).
    """
    import pandapower as pp

    if len(net.ext_grid) or net.gen["slack"].fillna(value=False).any():
        return
    ranked = [
        (float(rank), table, int(row))
        for table in ("gen", "sgen")
        if "referencePriority" in net[table]
        for row, rank in net[table]["referencePriority"].items()
        if rank > 0 and net[table].at[row, "in_service"]
    ]
    if not ranked:
        return
    _, table, row = min(ranked)
    name = net[table].at[row, "name"]
    if table == "gen":
        net.gen.loc[row, "slack"] = True
    else:
        pp.create_ext_grid(net, int(net.sgen.at[row, "bus"]), name=name)
        net.sgen.drop(index=row, inplace=True)
    notes.append(f"{name} holds voltage and angle: it is first in referencePriority.")


def _cgmes_files(path: Path) -> list[tuple[Path, bytes]]:
    """Files that hold CIM, each with the first bytes of what is in it."""
    candidates = [path]
    if path.is_dir():
        candidates = sorted(
            each for each in path.rglob("*") if each.suffix.lower() in (".xml", ".zip", ".rdf")
        )
    found: list[tuple[Path, bytes]] = []
    for each in candidates:
        found += [(each, head) for head in _heads(each)[:1]]
        if each.suffix.lower() == ".zip":
            found[-1:] = [(each, b" ".join(_heads(each)))] if _heads(each) else []
    if not found:
        inside = _content_names(path)
        remedy = "A zip file or folder of CGMES holds XML files in the CIM namespace."
        raise InputError([Problem("no_cgmes", path.name, inside, ALLOWED, remedy)])
    return found


def _heads(file: Path) -> list[bytes]:
    """First bytes of each CIM document in a file."""
    heads: list[bytes] = []
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.lower().endswith((".xml", ".rdf")):
                    with archive.open(name) as inside:
                        heads.append(inside.read(HEAD_BYTES))
                elif name.lower().endswith(".zip"):
                    heads.append(b"http://iec.ch/TC57/CIM nested archive")
    else:
        with file.open("rb") as opened:
            heads.append(opened.read(HEAD_BYTES))
    return [head for head in heads if CIM_NAMESPACE.search(head)]


def _content_names(path: Path) -> str:
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    else:
        return "XML without the CIM namespace"
    shown = ", ".join(names[:8]) + (" ..." if len(names) > len(names[:8]) else "")
    return shown or "nothing"


def read_ucte(path: Path) -> ImportedNet:
    """Read a UCTE data exchange file (UCTE-DEF).

    Parameters
    ----------
    path : Path

    Returns
    -------
    ImportedNet

    Raises
    ------
    InputError
        If the converter cannot make a grid of it.
    """
    from pandapower.converter.ucte.from_ucte import from_ucte

    allowed = "a UCTE-DEF file with its records in fixed columns: ##C, ##N, ##L, ##T, ##R"
    notes: list[str] = []
    with told(notes):
        try:
            net = from_ucte(str(path), slack_as_gen=False)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"[:300]
            remedy = "Columns shifted by a tab or a missing blank are the usual cause."
            raise InputError(
                [Problem("not_converted", path.name, what, allowed, remedy)]
            ) from error
    if net.bus.empty:
        raise InputError([Problem("no_grid", path.name, "no node", allowed)])
    names = net.bus["name"].fillna("").astype(str).str.strip()
    if "ucte_name" in net.bus and ((names == "").any() or names.duplicated().any()):
        net.bus["name"] = net.bus["ucte_name"].astype(str).str.strip()
        notes.append("Node names are empty or not unique: the node codes stand as names.")
    return ImportedNet(net=net, name=path.stem, file_format="UCTE-DEF", notes=tuple(notes))

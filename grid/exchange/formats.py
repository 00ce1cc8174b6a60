"""A file, a folder or a SimBench code -> pandapower net, recognised by what is in it."""

import binascii
import difflib
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.problems import InputError, Problem
from grid.exchange.benchmark_nets import looks_like_code, read_simbench, untyped_taps
from grid.exchange.cim_ucte import CIM_NAMESPACE, read_cgmes, read_ucte
from grid.exchange.imported import ImportedNet, told
from grid.exchange.matpower import read_matpower_binary, read_matpower_text
from grid.exchange.standard_columns import standard_columns

if TYPE_CHECKING:
    from pandapower import pandapowerNet

FORMATS = (
    "pandapower JSON (.json) or Excel (.xlsx), MATPOWER (.m, .mat), CGMES (.zip, .xml, folder), "
    "UCTE (.uct), a SimBench code such as 1-HV-mixed--0-no_sw, or a folder of feeder tables"
)
HEAD_BYTES = 4096
PICKLE = re.compile(rb"\x80[\x02-\x05]")
OLD_EXCEL = binascii.unhexlify("d0cf11e0a1b11ae1")
HDF5 = b"\x89HDF"
ENCRYPTED = b"gAAAAA"

TRUSTED_MODULES = ("pandapower", "pandas", "numpy", "networkx", "shapely", "geopandas", "builtins")
"""Packages whose classes a pandapower JSON may name; others would be imported and run."""

MODULE = re.compile(r"_module\\*\"\s*:\s*\\*\"([^\"\\]*)")


def read_net(source: str | Path) -> "pandapowerNet":
    """Read a grid from any of the known formats, without checking it.

    Parameters
    ----------
    source : str or Path
        A file, a folder or a SimBench code.

    Returns
    -------
    pandapowerNet

    Raises
    ------
    InputError
        If there is nothing there or it cannot be read, with the likely fix.
    """
    return read_grid(source).net


def read_grid(source: str | Path) -> ImportedNet:
    """Read a grid from any of the known formats, with what there is to say about it.

    Parameters
    ----------
    source : str or Path
        A file, a folder or a SimBench code.

    Returns
    -------
    ImportedNet
        Not checked yet: ``grid.exchange.net_check.inspect_net`` does that.

    Raises
    ------
    InputError
        If there is nothing there or it cannot be read, with the likely fix.
    """
    path = Path(source)
    if not str(source).strip():
        raise InputError([Problem("missing_file", "FILE", "nothing", FORMATS)])
    if not path.exists():
        if looks_like_code(str(source)):
            return read_simbench(str(source))
        raise InputError([_missing(path)])
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise InputError([Problem("no_file", str(path), "a pipe or device", FORMATS)])
    head = _head(path)
    if not head:
        remedy = "Fetch or export it again."
        raise InputError([Problem("empty_file", path.name, "an empty file", FORMATS, remedy)])
    refused = _refused(path, head)
    if refused is not None:
        raise InputError([refused])
    if zipfile.is_zipfile(path):
        return _read_excel(path) if _is_excel(path) else read_cgmes(path)
    if head.startswith(b"MATLAB 5.0") or path.suffix.lower() == ".mat":
        return read_matpower_binary(path)
    if CIM_NAMESPACE.search(head):
        return read_cgmes(path)
    return _read_text(path)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _missing(path: Path) -> Problem:
    near: list[str] = []
    if path.parent.is_dir():
        names = [each.name for each in path.parent.iterdir()]
        near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.7)
    remedy = f"Did you mean {' or '.join(near)}?" if near else ""
    return Problem("missing_file", str(path), "nothing there", FORMATS, remedy)


def _refused(path: Path, head: bytes) -> Problem | None:
    """Say why a recognised format is not taken; None for the others."""
    if PICKLE.match(head) or path.suffix.lower() in (".p", ".pkl", ".pickle"):
        return Problem(
            "pickle",
            path.name,
            "a Python pickle",
            FORMATS,
            "Opening a pickle can run anything in it, so none is opened here. Save the net with "
            "pandapower.to_json(net, 'net.json').",
        )
    if head.startswith(OLD_EXCEL):
        remedy = "Save it as .xlsx."
        return Problem("old_excel", path.name, "an Excel file of 2003 or before", FORMATS, remedy)
    if head.startswith(HDF5):
        remedy = "Save it in MATLAB with: save('case.mat', 'mpc', '-v7')."
        return Problem("hdf5", path.name, "an HDF5 file (MATLAB 7.3)", FORMATS, remedy)
    if head.startswith(ENCRYPTED):
        remedy = "Open it in pandapower with its key and save it without encryption_key."
        return Problem("encrypted", path.name, "an encrypted file", FORMATS, remedy)
    return None


def _read_folder(path: Path) -> ImportedNet:
    from grid.exchange.radial import is_feeder_folder, read_feeder_folder

    if is_feeder_folder(path):
        return read_feeder_folder(path)
    return read_cgmes(path)


def _read_text(path: Path) -> ImportedNet:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="latin-1")
        if "\x00" in text:
            remedy = "The file is damaged, or of another program."
            found = "binary content of no known kind"
            raise InputError(
                [Problem("unknown_format", path.name, found, FORMATS, remedy)]
            ) from None
    start = text.lstrip()
    if start.startswith("##"):
        return read_ucte(path)
    if re.search(r"^\s*mpc\.\w+\s*=", text, re.MULTILINE):
        return read_matpower_text(path, text)
    if start.startswith(("{", "[")) or path.suffix.lower() == ".json":
        return _read_json(path, text)
    remedy = ""
    if re.search(r"^\s*function\s*\[\s*baseMVA", text, re.MULTILINE):
        remedy = "A MATPOWER case of version 1: savecase writes version 2."
    elif start.startswith("<"):
        remedy = "XML without the CIM namespace is not CGMES."
    elif path.suffix.lower() == ".csv":
        remedy = "Feeder tables are read as a folder: give the folder the file lies in."
    found = f"text that begins {start[:40]!r}"
    raise InputError([Problem("unknown_format", path.name, found, FORMATS, remedy)])


def _read_json(path: Path, text: str) -> ImportedNet:
    import pandapower as pp

    allowed = "a net saved by pandapower.to_json"
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text.rstrip()) - 1
        remedy = "The file is cut off: fetch it again." if at_end else ""
        place = f"{path.name} line {error.lineno} column {error.colno}"
        raise InputError([Problem("not_json", place, error.msg, allowed, remedy)]) from error
    except RecursionError as error:
        found = "brackets nested without end"
        raise InputError([Problem("not_json", path.name, found, allowed)]) from error
    if not isinstance(content, dict) or content.get("_class") != "pandapowerNet":
        remedy = ""
        if isinstance(content, dict) and {"bus", "branch"} <= content.keys():
            remedy = "It looks like PowerModels JSON: save the case as MATPOWER .m or .mat."
        found = f"JSON with {', '.join(list(content)[:5])}" if isinstance(content, dict) else "JSON"
        raise InputError([Problem("not_a_net", path.name, found, allowed, remedy)])
    strange = sorted(
        {name for name in MODULE.findall(text) if name.split(".")[0] not in TRUSTED_MODULES}
    )
    if strange:
        remedy = "Remove these objects from the net and save it again."
        found = f"objects of {', '.join(strange)}"
        raise InputError(
            [Problem("foreign_objects", path.name, found, "pandapower's own tables", remedy)]
        )
    notes: list[str] = []
    with told(notes):
        try:
            net = pp.from_json_string(text, convert=True)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"[:300]
            remedy = "Open it in the pandapower it was saved with and save it again."
            raise InputError([Problem("not_a_net", path.name, what, allowed, remedy)]) from error
    return _pandapower_net(net, path, "pandapower JSON", notes)


def _is_excel(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except zipfile.BadZipFile as error:
        remedy = "Fetch it again."
        problem = Problem("not_zip", path.name, "a damaged zip file", FORMATS, remedy)
        raise InputError([problem]) from error


def _read_excel(path: Path) -> ImportedNet:
    import pandapower as pp
    import pandas as pd

    allowed = "a workbook saved by pandapower.to_excel: one sheet for each table"
    remedy = "Save the net with pandapower.to_excel(net, 'net.xlsx')."
    notes: list[str] = []
    with told(notes):
        try:
            with pd.ExcelFile(path, engine="openpyxl") as book:
                sheets = book.sheet_names
            missing = [name for name in ("parameters", "bus") if name not in sheets]
            net = None if missing else pp.from_excel(str(path))
        except Exception as error:
            what = f"{type(error).__name__}: {error}"[:300]
            raise InputError([Problem("not_excel", path.name, what, allowed, remedy)]) from error
    if net is None or not isinstance(net, pp.pandapowerNet):
        found = f"sheets {', '.join(str(name) for name in sheets[:10])}"
        raise InputError([Problem("not_a_net", path.name, found, allowed, remedy)])
    return _pandapower_net(net, path, "pandapower Excel", notes)


def _pandapower_net(
    net: "pandapowerNet", path: Path, file_format: str, notes: list[str]
) -> ImportedNet:
    """Complete a net's columns; say when pandapower 3 does not count its tap positions."""
    notes += standard_columns(net)
    count = untyped_taps(net)
    if count:
        notes.append(
            f"{count} transformers stand away from their neutral tap and give no tap_changer_type: "
            "pandapower 3 takes them as neutral, and so does Beredt. Set it to 'Ratio' if the "
            "positions are meant."
        )
    name = path.name.removesuffix(path.suffix).removesuffix(".net")
    return ImportedNet(net=net, name=name, file_format=file_format, notes=tuple(notes))

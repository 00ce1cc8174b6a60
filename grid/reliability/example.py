"""An example of a folder of feeder tables, to start one's own from."""

from pathlib import Path

from data.write import new_folder

EXAMPLE = {
    "README.md": """\
# Feeder tables

A made-up substation with two feeders, as an example of the form. Change the tables in any
spreadsheet (CSV, comma, decimal point, UTF-8), then:

    python3 run.py grid feeders FOLDER --years 10000

- `busbars.csv`: where feeders begin.
- `sections.csv`: lines and cables, `from_node` nearer the busbar; `device` stands there.
- `load_points.csv`: customers and load. MW, not kW. Empty `customers`: not counted.
- `ties.csv`: normally open connections (may be left out).
- `parameters.csv`: figures for rows that have none of their own (may be left out).

Columns that you do not need can be left out; what is then used is printed. Every column is
described in docs/feeder-tables.md.
""",
    "busbars.csv": """\
node,source
Haugen 11 kV,made up
""",
    "sections.csv": """\
section_id,from_node,to_node,device,kind,length_km,p_device_fails,switching_h,source,quality
H1-1,Haugen 11 kV,Bakken,breaker,cable,1.2,,,made up,estimated
H1-2,Bakken,Lia,remote_disconnector,overhead,3.5,,,made up,estimated
H1-3,Lia,Nes,disconnector,overhead,4.0,,,made up,estimated
H1-4,Lia,Seter,fuse,overhead,2.5,0.05,,made up,estimated
H2-1,Haugen 11 kV,Torget,breaker,cable,0.8,,,made up,estimated
H2-2,Torget,Brygga,disconnector,cable,1.1,,0.75,made up,estimated
""",
    "load_points.csv": """\
load_point_id,node,customers,mean_mw,peak_mw,kile_group,priority,transformer,transformer_device
Bakken,Bakken,140,0.32,0.9,household,3,replace,fuse
Lia school,Lia,1,0.08,0.2,public,1,replace,fuse
Nes,Nes,60,0.15,0.4,household,3,replace,fuse
Seter,Seter,25,0.04,0.15,agriculture,3,replace,none
Torget,Torget,80,0.6,1.1,commercial,2,repair,fuse
Brygga works,Brygga,1,0.9,1.3,industry,2,none,
""",
    "ties.csv": """\
tie_id,node,to_node,capacity_mw,p_available,control
Nes-Brygga,Nes,Brygga,1.5,0.95,manual
""",
    "parameters.csv": """\
name,value,unit,source
manual_switching_h,1.0,h,made up
repair_cv,0.8,1,made up
""",
}
"""Name and text of each file."""


def write_example(folder: Path) -> None:
    """Write a complete example folder.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Raises
    ------
    InputError
        If the folder exists and holds anything, or is a file.
    """
    folder = new_folder(folder)
    for name, text in EXAMPLE.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")

"""Power plants inside the region."""

import numpy as np

from data.synthesis.geometry import project_rows
from data.synthesis.rows import provenance, read_input
from data.synthesis.stations import Rows, nearest_index
from data.synthesis.substations import Placed

# Words of the input, share of capacity in a cold winter week (estimates), whether the
# plant can hold an island alone and start one from black (estimate: none is documented
# to do so).
KINDS = {
    "run-of-river hydro": ("run_of_river", 0.4, False, False),
    "small hydro": ("run_of_river", 0.35, False, False),
    "storage hydro (waterworks river)": ("storage_hydro", 0.6, False, False),
    "CHP waste": ("chp_waste", 0.85, False, False),
    "solar": ("solar", 0.0, False, False),
}

# Solar roofs are spread over this many substations evenly in order of number.
SOLAR_PARTS = 10

# Heat only, or reserve power that is not connected to the grid as a rule.
LEFT_OUT = ("haraldrud", "gensets")


def generation_rows(placed: list[Placed]) -> Rows:
    """Plants on the HV bus of the nearest substation."""
    points = np.array([p.point for p in placed])
    rows: Rows = []
    for row in read_input("generation"):
        if row["id"] in LEFT_OUT:
            continue
        kind, winter, forming, starts = KINDS[row["kind"]]
        if kind == "solar":
            buses = placed[:: max(1, len(placed) // SOLAR_PARTS)][:SOLAR_PARTS]
        else:
            point = project_rows([row])[0]
            buses = [placed[int(nearest_index((point[0], point[1]), points)[0])]]
        for number, substation in enumerate(buses, start=1):
            suffix = "" if len(buses) == 1 else f"_{number}"
            rows.append(
                {
                    "plant_id": row["id"] + suffix,
                    "name": row["name"] + (f" {number}" if suffix else ""),
                    "kind": kind,
                    "bus_id": f"{substation.substation_id}_hv",
                    "p_max_mw": float(row["p_max_mw"]) / len(buses),
                    "winter_availability": winter,
                    "annual_gwh": float(row["annual_gwh"]) / len(buses),
                    "grid_forming": forming,
                    "black_start": starts,
                    **provenance(
                        row["source"] + "; winter share and connection: estimate",
                        row["origin"],
                        "E",
                    ),
                }
            )
    return rows

"""Areas with population, households, customers and climate."""

from data.region import Areas
from data.synthesis.geometry import project_rows
from data.synthesis.rows import apportion, as_table, origin_of, provenance, read_input

OSLO = "0301"
LEFT_OUT = ("030117", "030199")

# Persons per household, Oslo and elsewhere: demand_facts households_region (estimate).
PERSONS_OSLO = 1.9
PERSONS_AKERSHUS = 2.3

# Customers that are no household per GWh of services and industry (estimate: one
# connection of a business uses about 100 MWh a year).
BUSINESSES_PER_GWH = 10.0


def estimates() -> dict[str, dict[str, str]]:
    """Our estimates for each area, by area."""
    return {row["area_id"]: row for row in read_input("area_estimates")}


def areas_table(business_gwh: dict[str, float]) -> Areas:
    """Areas in order of their number.

    Parameters
    ----------
    business_gwh : dict
        Services, public and industry demand of each area. [GWh]
    """
    judged = estimates()
    municipalities = read_input("municipalities")
    oslo = next(row for row in municipalities if row["kommunenummer"] == OSLO)
    boroughs = [row for row in read_input("boroughs") if row["code"] not in LEFT_OUT]
    # Marka and persons not allocated are spread over the boroughs pro rata.
    people = apportion([float(r["population_2020"]) for r in boroughs], int(oslo["population"]))
    rows = [
        {
            "area_id": row["code"],
            "name": row["name"],
            "kind": "borough",
            "kommunenummer": OSLO,
            "population": int(persons),
            "persons": PERSONS_OSLO,
            "land_area_km2": float(row["area_km2"]),
            "lat": row["lat"],
            "lon": row["lon"],
            **provenance(
                "population: borough 2020 scaled to Oslo 2024-01-01; " + row["source"],
                row["origin"],
                "E",
            ),
        }
        for row, persons in zip(boroughs, people, strict=True)
    ]
    rows += [
        {
            "area_id": row["kommunenummer"],
            "name": row["name"],
            "kind": "municipality",
            "kommunenummer": row["kommunenummer"],
            "population": int(row["population"]),
            "persons": PERSONS_AKERSHUS,
            "land_area_km2": float(row["land_area_km2"]),
            "lat": row["centre_lat"],
            "lon": row["centre_lon"],
            **provenance("population: " + row["source"], row["origin"], "E"),
        }
        for row in municipalities
        if row["kommunenummer"] != OSLO
    ]
    points = project_rows([{"lat": str(r["lat"]), "lon": str(r["lon"])} for r in rows])
    for row, point in zip(rows, points, strict=True):
        area = str(row["area_id"])
        estimate = judged[area]
        row["households"] = round(float(str(row["population"])) / float(str(row["persons"])))
        businesses = round(business_gwh[area] * BUSINESSES_PER_GWH)
        row["customers"] = int(str(row["households"])) + businesses
        row["x_m"], row["y_m"] = float(point[0]), float(point[1])
        row["settlement"] = estimate["settlement"]
        row["temperature_offset_degc"] = float(estimate["temperature_offset_degc"])
        row["wind_factor"] = float(estimate["wind_factor"])
        row["origin"] = origin_of(str(row["origin"]), estimate["origin"])
        row["source"] = f"{row['source']}; households, customers, climate: estimate"
    rows.sort(key=lambda row: str(row["area_id"]))
    return as_table(Areas, rows)

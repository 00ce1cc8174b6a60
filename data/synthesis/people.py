"""People, staff, capacity of sites and filling stations, by rules of thumb."""

from data.region import Areas
from data.synthesis.figures import numeric_rows
from data.synthesis.rows import provenance, shares, synthetic
from data.synthesis.stations import Rows

# Share of people who need help in a crisis: aged 80 and over and others with care at
# home (estimate, younger in the city).
VULNERABLE = {"city": 0.05, "town": 0.065, "rural": 0.07}

# Users of home care and units of safety alarm per person (estimates; about 200 000 users
# and 90 000 alarms in Norway, recalled).
HOME_CARE = {"city": 0.027, "town": 0.032, "rural": 0.036}
SAFETY_ALARMS = {"city": 0.012, "town": 0.016, "rural": 0.018}

# Share of people who cope at home for so many days (estimate; the advice is seven days).
PREPARED = {"city": (0.8, 0.5, 0.2), "town": (0.85, 0.6, 0.28), "rural": (0.92, 0.75, 0.42)}
BATTERY_RADIO = {"city": 0.35, "town": 0.45, "rural": 0.55}

# Beds per MW of a hospital's load; places of nursing homes: about 4 700 in Oslo, about 80
# homes of 60 in Akershus (sites, recalled); places in shelters per person (estimates).
BEDS_PER_MW = 60.0
CARE_PLACES = {"borough": 4_700, "municipality": 4_800}
SHELTER_PLACES = 0.01

# Filling stations per 1 000 people; those with reserve power; litres sold a day and
# person; days their tanks last (estimates; half of the cars are electric).
STATIONS_PER_1000 = {"city": 0.12, "town": 0.2, "rural": 0.4}
STATION_BACKUP = 0.03
LITRES_PER_DAY = 1.6
STATION_STOCK_D = 4.0


def people_rows(areas: Areas) -> Rows:
    """Vulnerable people, users of care and alarms, and how many days people cope."""
    rows: Rows = []
    for at, area in enumerate(areas.area_id.tolist()):
        settlement, persons = str(areas.settlement[at]), float(areas.population[at])
        one, three, seven = PREPARED[settlement]
        rows.append(
            {
                "area_id": area,
                "vulnerable_share": VULNERABLE[settlement],
                "home_care_users": round(persons * HOME_CARE[settlement]),
                "safety_alarms": round(persons * SAFETY_ALARMS[settlement]),
                "prepared_1d": one,
                "prepared_3d": three,
                "prepared_7d": seven,
                "battery_radio_share": BATTERY_RADIO[settlement],
                **provenance("estimate: shares by type of area", "E"),
            }
        )
    return rows


def capacity_rows(areas: Areas, sites: Rows) -> Rows:
    """Beds, places of nursing homes and places in shelters."""
    persons = dict(zip(areas.area_id.tolist(), areas.population.tolist(), strict=True))
    kinds = dict(zip(areas.area_id.tolist(), areas.kind.tolist(), strict=True))
    rows: Rows = []

    def add(site: str, unit: str, amount: float, basis: str) -> None:
        marks = synthetic("people", basis)
        rows.append({"site_id": site, "unit": unit, "amount": amount, **marks})

    for site in sites:
        name, mw = str(site["site_id"]), float(str(site["load_mw"]))
        if site["kind"] == "hospital":
            add(name, "beds", float(round(mw * BEDS_PER_MW)), "beds by the site's load")
        elif site["kind"] == "shelter":
            places = round(persons[str(site["area_id"])] * SHELTER_PLACES)
            add(name, "shelter_places", float(places), "1 % of the area's people")
    for kind, total in CARE_PLACES.items():
        own = [s for s in sites if s["kind"] == "care" and kinds[str(s["area_id"])] == kind]
        for site, share in zip(own, shares([float(str(s["load_mw"])) for s in own]), strict=True):
            places = float(round(share * total))
            add(str(site["site_id"]), "care_places", places, "places by the site's load")
    return rows


def filling_station_rows(areas: Areas) -> Rows:
    """List filling stations and what they sell."""
    return [
        {
            "area_id": area,
            "stations": max(round(persons * STATIONS_PER_1000[settlement] / 1000), 1),
            "backup_share": STATION_BACKUP,
            "sales_m3_per_d": round(persons * LITRES_PER_DAY / 1000, 1),
            "stock_d": STATION_STOCK_D,
            **provenance("estimate: by people and type of area", "E"),
        }
        for area, persons, settlement in zip(
            areas.area_id.tolist(),
            areas.population.tolist(),
            areas.settlement.tolist(),
            strict=True,
        )
    ]


def staff_rows() -> Rows:
    """Staff by place of work."""
    return numeric_rows("staff", ("works_at",))


def water_profile_rows() -> Rows:
    """Water demand by hour of the day."""
    rows = numeric_rows("water_profile", ())
    return [{**row, "hour": int(float(str(row["hour"])))} for row in rows]

"""Keys and units that the model asks for by name."""

from data.check_rows import missing_row
from data.check_units import UNITS
from data.problems import Problem
from data.region import Region

REQUIRED_CONSTANTS = (
    "detection_h",
    "remote_switching_h",
    "manual_switching_h",
    "dispatch_h",
    "work_gust_limit_ms",
    "telecom_slowdown",
    "indoor_start_degc",
    "indoor_limit_degc",
    "heating_margin_degc",
    "truck_load_h",
    "genset_refuel_threshold_h",
    "short_term_loading",
    "trip_loading",
    "overload_short_term_h",
    "overload_trip_h",
    "overload_trip_delay_h",
    "operator_redispatch_h",
    "operator_flexibility_h",
    "operator_shedding_h",
    "cos_phi",
    "cpi_2017",
    "cpi_2024",
    "dimensioning_temperature_degc",
    "forced_disconnection_h",
    "long_interruption_h",
    "kile_reference_over_mean_household",
    "kile_reference_over_mean_industry",
    "kile_reference_over_mean_commercial",
    "kile_reference_over_mean_public",
    "kile_reference_over_mean_agriculture",
    "kile_reference_over_mean_electric_process_industry",
    "stock_refill_h",
    "reheat_gap_h",
    "heating_balance_degc",
    "diversity_loss_h",
    "pickup_delay_share",
    "black_start_dark_share",
    "black_start_operators",
    "black_start_switching_h",
    "black_start_block_share",
    "black_start_block_h",
    "start_up_run_of_river_h",
    "start_up_storage_hydro_h",
    "start_up_chp_waste_h",
    "start_up_solar_h",
    "detection_by_calls_h",
    "data_sharing",
    "data_sharing_gain",
    "crews_on_nodnett",
    "crew_shift_h",
    "crew_rest_h",
    "road_detection_h",
    "heat_refill_h",
    "station_refill_h",
    "indoor_cool_degc",
    "indoor_freeze_degc",
    "stove_degc",
    "wood_h",
    "own_place_share",
    "shelter_ready_h",
    "shelter_reach_h",
    "sewage_l_per_person_d",
    "critical_weight",
    "site_served_share",
    "calls_without_telephone_share",
    "shift_starts_h",
    "shift_length_h",
    "local_speed_kmh",
    "road_slack",
    "mobile_refuel_share",
    "genset_kw_per_mva",
    "genset_l_per_kwh",
    "ups_recharge_h",
    "start_failure_test_d",
)

REQUIRED_COMPONENTS = (
    "overhead_mv",
    "cable_mv",
    "distribution_transformer",
    "circuit_breaker",
    "disconnector",
    "overhead_132",
    "overhead_300",
    "overhead_420",
    "cable_132",
    "cable_300_420",
    "power_transformer",
    "power_transformer_300_420",
    "substation_wind",
    "road_clearing",
)

REQUIRED_FRAGILITY = (
    "overhead_mv",
    "overhead_regional",
    "overhead_transmission",
    "substation",
    "road",
)

CONSTANT_UNITS = {
    "_h": "h",
    "_ms": "m/s",
    "_degc": "degC",
    "_share": "1",
    "_loading": "1",
}
"""Units of constants, by the end of their key."""


def check_required_keys(region: Region) -> list[Problem]:
    """Constants and components that the model asks for by name are there."""
    found: list[Problem] = []
    for file, keys, wanted in (
        ("constants.csv", region.constants.key, REQUIRED_CONSTANTS),
        ("reliability.csv", region.reliability.component, REQUIRED_COMPONENTS),
        ("fragility.csv", region.fragility.asset_kind, REQUIRED_FRAGILITY),
    ):
        found += [missing_row(file, key) for key in wanted if key not in set(keys.tolist())]
    return found


def check_constant_units(region: Region) -> list[Problem]:
    """Constants are in the unit their key says."""
    table = region.constants
    found: list[Problem] = []
    for key, value, unit in zip(
        table.key.tolist(), table.value.tolist(), table.unit.tolist(), strict=True
    ):
        wanted = next((CONSTANT_UNITS[end] for end in CONSTANT_UNITS if key.endswith(end)), unit)
        if unit == wanted:
            continue
        kind, factor = UNITS.get(unit.lower(), ("", 0.0))
        own, own_factor = UNITS[wanted.lower()]
        remedy = f"Give the value in {wanted} and write {wanted} in column unit."
        if kind == own:
            remedy = (
                f"Write {value * factor / own_factor:.10g} in column value and {wanted} in "
                "column unit."
            )
        place = f"constants.csv key {key} column unit"
        found.append(Problem("unit_of_constant", place, unit, wanted, remedy))
    return found

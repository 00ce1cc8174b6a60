"""Names of what events, states and stocks are about, in the language of the screen."""

from collections.abc import Mapping
from dataclasses import dataclass

from data.region import Region
from ui.texts import Texts


@dataclass(frozen=True, slots=True)
class Names:
    """Looks names up; what is not known is shown by its identifier.

    Attributes
    ----------
    texts : Texts
    known : mapping
        Name of each site, function, area, depot, road, route and system.
    """

    texts: Texts
    known: Mapping[str, str]

    def __call__(self, asset_id: str) -> str:
        """Name an asset, site, function or service, also ``water_supply@3228``."""
        if asset_id in self.known:
            return self.known[asset_id]
        parts = asset_id.split("@")
        if parts[0] == "staff" and len(parts) > 1:
            kind = self.known.get(parts[1], parts[1])
            return self.texts("place.staff", kind=kind)
        if len(parts) > 1:
            return self.texts(
                "place.in_area", what=self.need(parts[0]), area=self.known.get(parts[1], parts[1])
            )
        return self.need(asset_id)

    def need(self, need: str) -> str:
        """Name a need: a service, a function or a site."""
        return self.known.get(need) or self.texts.known(f"needs.{need}", need)


def read_names(region: Region, texts: Texts) -> Names:
    """Collect the names of a region."""
    areas = dict(zip(region.areas.area_id.tolist(), region.areas.name.tolist(), strict=True))
    functions = region.functions
    own = functions.name_nb if texts.lang == "nb" else functions.name_en
    known = areas | {
        identifier: name
        for ids, names in (
            (region.sites.site_id, region.sites.name),
            (region.depots.depot_id, region.depots.name),
            (region.district_heat.system_id, region.district_heat.name),
            (region.substations.substation_id, region.substations.name),
            (functions.function_id, own),
        )
        for identifier, name in zip(ids.tolist(), names.tolist(), strict=True)
    }
    roads = region.roads
    for road, start, end in zip(
        roads.road_id.tolist(),
        roads.from_area_id.tolist(),
        roads.to_area_id.tolist(),
        strict=True,
    ):
        known[road] = texts("place.road", a=areas[start], b=areas[end])
    for number, (route, area) in enumerate(
        zip(
            region.telecom_routes.route_id.tolist(),
            region.telecom_routes.area_id.tolist(),
            strict=True,
        )
    ):
        known[route] = texts("place.route", n=number + 1, area=areas[area])
    return Names(texts, known)

"""Names of what events, states and stocks are about, in the language of the screen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data.dependency_graph import CREW
from data.region import Region
from ui.texts import Texts

KVA_PER_MVA = 1000.0


@dataclass(frozen=True, slots=True)
class Names:
    """Looks names up; what is not known is shown by its identifier.

    Attributes
    ----------
    texts : Texts
    known : mapping
        Name of each site, function, area, depot, road, route, feeder, section and system.
    areas : frozenset of str
        Identifiers of the areas.
    """

    texts: Texts
    known: Mapping[str, str]
    areas: frozenset[str] = frozenset()

    def __call__(self, asset_id: str) -> str:
        """Name an asset, site, function or service, also ``water_supply@3228``."""
        if asset_id in self.known:
            return self.known[asset_id]
        what, *where = asset_id.split("@")
        if not where:
            return self.need(asset_id)
        if what == "staff":
            kind = self.texts("place.staff", kind=self.kind(where[0]))
            return self._there(kind, where[1]) if len(where) > 1 else kind
        return self._there(self.need(what), where[0])

    def knows(self, asset_id: str) -> bool:
        """Whether there is such an asset, function or service."""
        what, *where = asset_id.split("@")
        if not where:
            return asset_id in self.known
        if what == "staff":
            return all(self.kind(each) != each for each in where)
        is_named = self.need(what) != what
        return is_named and all(each in self.known for each in where)

    def _there(self, what: str, where: str) -> str:
        """Name something in an area, or at a site, depot or system."""
        key = "place.in_area" if where in self.areas else "place.at"
        return self.texts(key, what=what, area=self.known.get(where, where))

    def need(self, need: str) -> str:
        """Name a need: a service, a function or a site."""
        return self.known.get(need) or self.texts.known(f"needs.{need}", need)

    def kind(self, kind: str) -> str:
        """Name a kind of site, the crews of a skill, or what stands for itself."""
        if kind.startswith(CREW):
            skill = kind.removeprefix(CREW)
            return self.texts.known(f"skill.{skill}", skill)
        return self.texts.known(f"site_kind.{kind}", "") or self.need(kind)


def read_names(region: Region, texts: Texts) -> Names:
    """Collect the names of a region."""
    areas = dict(zip(region.areas.area_id.tolist(), region.areas.name.tolist(), strict=True))
    functions = region.functions
    own = functions.name_nb if texts.lang == "nb" else functions.name_en
    known = dict(areas)
    for ids, names in (
        (region.district_heat.system_id, region.district_heat.name),
        (region.substations.substation_id, region.substations.name),
        (functions.function_id, own),
    ):
        known.update(zip(ids.tolist(), names.tolist(), strict=True))
    known.update(_sites(region, texts, areas))
    known.update(_depots(region, texts, areas))
    known.update(_lines_of_supply(region, texts, areas))
    known.update(_mobile_units(region, texts))
    return Names(texts, known, frozenset(areas))


def _sites(region: Region, texts: Texts, areas: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name sites: real ones as their table does, made-up ones by kind and area.

    The names of made-up sites in the table are English words for the same.
    """
    sites = region.sites
    kinds = list(zip(sites.kind.tolist(), sites.area_id.tolist(), strict=True))
    for site, name, place, synthetic in zip(
        sites.site_id.tolist(), sites.name.tolist(), kinds, sites.synthetic.tolist(), strict=True
    ):
        kind, area = place
        known = texts.known(f"site_kind.{kind}.named", "")
        alone = kinds.count(place) == 1
        if synthetic and known and alone:
            yield site, texts("place.of_area", what=known, area=areas[area])
        else:
            yield site, name


def _depots(region: Region, texts: Texts, areas: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name depots by what their crews can do and where they start."""
    depots = region.depots
    places = list(zip(depots.skill.tolist(), depots.area_id.tolist(), strict=True))
    for depot, name, (skill, area) in zip(
        depots.depot_id.tolist(), depots.name.tolist(), places, strict=True
    ):
        known = texts.known(f"skill.{skill}.depot", "")
        if known and places.count((skill, area)) == 1:
            yield depot, texts("place.of_area", what=known, area=areas[area])
        else:
            yield depot, name


def _lines_of_supply(
    region: Region, texts: Texts, areas: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Name roads, routes of the telephone network, feeders and their sections."""
    roads, routes = region.roads, region.telecom_routes
    for road, start, end in zip(
        roads.road_id.tolist(),
        roads.from_area_id.tolist(),
        roads.to_area_id.tolist(),
        strict=True,
    ):
        yield road, texts("place.road", a=areas[start], b=areas[end])
    seen: dict[str, int] = {}
    for route, area in zip(routes.route_id.tolist(), routes.area_id.tolist(), strict=True):
        seen[area] = seen.get(area, 0) + 1
        yield route, texts("place.route", n=seen[area], area=areas[area])
    feeders = region.feeders
    for feeder, area in zip(feeders.feeder_id.tolist(), feeders.area_id.tolist(), strict=True):
        yield feeder, texts("place.feeder", feeder=feeder, area=areas[area])
    area_of = dict(zip(feeders.feeder_id.tolist(), feeders.area_id.tolist(), strict=True))
    sections = region.sections
    for section, feeder in zip(
        sections.section_id.tolist(), sections.feeder_id.tolist(), strict=True
    ):
        yield section, texts("place.section", section=section, area=areas[area_of[feeder]])


def _mobile_units(region: Region, texts: Texts) -> Iterator[tuple[str, str]]:
    """Name gensets and substations on wheels by what they can carry."""
    units = region.mobile_units
    for unit, kind, mva in zip(
        units.unit_id.tolist(), units.kind.tolist(), units.rating_mva.tolist(), strict=True
    ):
        if kind == "genset":
            yield unit, texts("place.mobile_genset", kva=texts.number(mva * KVA_PER_MVA))
        else:
            yield unit, texts("place.mobile_substation", mva=texts.number(mva))

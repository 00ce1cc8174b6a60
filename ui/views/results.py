"""Results: who is hit and for how long, one crisis under one portfolio."""

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from data.tables import FloatArray
from ui import charts, findings, maps, parts, reading
from ui.causes import whose, why_said
from ui.replications import pick
from ui.state import View, area_names, called, colours, function_names, language, names, t, texts
from ui.texts import NAMED_UNITS
from ui.timelines import REGION_LIMITS, hours_below

MAX_EVENTS = 1000
MAP_PX = 540


def show() -> None:
    """Draw the page."""
    view = parts.result_head("results")
    if view is None:
        return
    population = dict(
        zip(
            reading.region().areas.area_id.tolist(),
            reading.region().areas.population.tolist(),
            strict=True,
        )
    )
    if view.area:
        st.markdown(t("results.area_only", area=area_names().get(view.area, view.area)))
        parts.metric_cards(area_cards(view))
    else:
        parts.metric_cards(region_cards(view))
    service = t(f"service.{view.service}.object")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.header(t("results.map", service=service))
        draw_map(view, population)
    with right:
        st.header(t("results.curve"))
        draw_curve(view, population)
    st.header(t("results.areas"))
    area_table(view)
    st.header(t("results.events"))
    event_log(view)


def _card(metric: str, unit: str, values: FloatArray) -> tuple[str, str, str]:
    mean, low, _, high = findings.percentiles(values)
    spread = t("spread.p90", spread=texts().spread(low, high, unit))
    value = texts().rounded(mean) if unit in NAMED_UNITS else texts().quantity(mean, unit)
    return t(f"metric.{metric}"), value, spread


def region_cards(view: View) -> list[tuple[str, str, str]]:
    """Four numbers of the region."""
    data = reading.metrics(view.folder, view.scenario, view.stamp).sel(portfolio=view.portfolio)
    cards = [
        _card(name, data[name].attrs["units"], data[name].to_numpy())
        for name in ("ens_mwh", "peak_persons_electricity", "t_95_h")
    ]
    curves = reading.curves(view.folder, view.scenario, view.stamp).sel(portfolio=view.portfolio)
    functions = view.run.manifest.functions
    below = np.array(
        [
            hours_below(
                curves[f"level_{f}"].transpose("replication", "time").to_numpy(), REGION_LIMITS[0]
            )
            for f in functions
        ]
    )
    weakened = (below > 0).sum(axis=0)
    _, low, median, high = findings.percentiles(weakened)
    mean_hours = below.mean(axis=1)
    longest = int(mean_hours.argmax())
    cards.append(
        (
            t("results.functions"),
            t(
                "results.functions.value",
                weakened=texts().number(median),
                total=texts().number(len(functions)),
            ),
            t(
                "results.functions.note",
                low=texts().number(low),
                high=texts().number(high),
                limit=texts().percent(REGION_LIMITS[0]),
                name=function_names().get(functions[longest], functions[longest]),
                hours=texts().quantity(float(mean_hours[longest]), "h"),
            ),
        )
    )
    return cards


def area_cards(view: View) -> list[tuple[str, str, str]]:
    """Four numbers of one area."""
    data = reading.areas(view.folder, view.scenario, view.stamp)
    here = data.sel(portfolio=view.portfolio, area=view.area)
    shown = ("ens_mwh", "peak_persons_electricity", f"person_h_{view.service}", "kile_mnok")
    return [_card(name, data[name].attrs["units"], here[name].to_numpy()) for name in shown]


def draw_map(view: View, population: dict[str, int]) -> None:
    """Draw the share without a service per area, with a slider for the hour."""
    manifest = view.run.manifest
    with st.skeleton(height=MAP_PX):
        mean = reading.mean_per_area(
            view.folder, view.scenario, view.portfolio, f"persons_{view.service}", view.stamp
        )
    people = np.array([population[area] for area in manifest.areas], dtype=np.float64)
    share = np.divide(mean, people, out=np.zeros_like(mean), where=people > 0)
    worst = int(mean.sum(axis=1).argmax())
    series = {area: share[:, at].tolist() for at, area in enumerate(manifest.areas)}
    at_worst = {area: float(share[worst, at]) for at, area in enumerate(manifest.areas)}
    figure = maps.area_map(
        reading.polygons(),
        series,
        t("results.map.scale", service=t(f"service.{view.service}.object")),
        texts(),
        colours(),
        selected=view.area,
        hour=worst,
        height=MAP_PX,
    )
    finding = findings.map_finding(at_worst, area_names(), worst, texts())
    frame = maps.map_table(series, area_names(), worst)
    written = pd.DataFrame(
        {
            t("term.area"): frame["name"],
            t("results.map.hour", hour=texts().number(worst)): [
                texts().percent(v, 1) for v in frame["value"]
            ],
        }
    )
    parts.chart(figure, finding, "map", written)
    st.caption(t("map.credit"))


def draw_curve(view: View, population: dict[str, int]) -> None:
    """Draw the share delivered, or the share of people with a service, over time."""
    if view.area:
        data = reading.area_series(
            view.folder, view.scenario, view.area, (f"persons_{view.service}",), view.stamp
        )
        people = float(population[view.area])
    else:
        data = reading.curves(view.folder, view.scenario, view.stamp)
        people = float(sum(population[area] for area in view.run.manifest.areas))
    if view.service == "electricity" and not view.area:
        variable = "level_supply"
    else:
        variable = "level_service"
        with_service = 1.0 - data[f"persons_{view.service}"] / max(people, 1.0)
        data = xr.Dataset({variable: with_service})
    called = names(view.run)
    figure = charts.resilience_figure(
        data, called, language(), variable=variable, portfolios=[view.portfolio], palette=colours()
    )
    frame = charts.curve_table(data, variable, [view.portfolio])
    name = called.get(view.portfolio, view.portfolio)
    what = t(f"results.curve.{variable}", service=t(f"service.{view.service}.object"))
    st.markdown(what)
    finding = findings.curve_finding(frame, name, texts(), share=True)
    frame = frame[frame["t_h"] % 6 == 0]
    written = pd.DataFrame(
        {
            t("curve.axis.time"): [texts().number(h) for h in frame["t_h"]],
            t("term.time"): [texts().when(u.isoformat()) for u in frame["utc"]],
            t("term.median"): [texts().percent(v, 1) for v in frame["p50"]],
            t("term.p90"): [
                t("value.range", low=texts().percent(a, 1), high=texts().percent(b, 1))
                for a, b in zip(frame["p5"], frame["p95"], strict=True)
            ],
        }
    )
    parts.chart(figure, finding, "curve", written)
    st.caption(t("curve.legend"))


def area_table(view: View) -> None:
    """Draw the sums of each area, most energy not supplied first."""
    data = reading.areas(view.folder, view.scenario, view.stamp).sel(portfolio=view.portfolio)
    places = area_names()
    columns = {
        "ens_mwh": data["ens_mwh"],
        "peak_persons_electricity": data["peak_persons_electricity"],
        f"person_h_{view.service}": data[f"person_h_{view.service}"],
        "kile_mnok": data["kile_mnok"],
    }
    frame = pd.DataFrame({t("term.area"): [places.get(a, a) for a in data["area"].to_numpy()]})
    for name, values in columns.items():
        numbers = values.transpose("replication", "area").to_numpy()
        low, high = np.percentile(numbers, (5, 95), axis=0)
        label = texts().metric(name, values.attrs["units"])
        frame[label] = [float(f"{v:.3g}") for v in numbers.mean(axis=0)]
        frame[t("results.areas.spread", name=t(f"metric.{name}.short"))] = [
            texts().spread(a, b) for a, b in zip(low, high, strict=True)
        ]
    frame = frame.sort_values(list(frame.columns)[1], ascending=False, ignore_index=True)
    config = {
        column: st.column_config.NumberColumn(format="localized")
        for column in frame.columns
        if frame[column].dtype == np.float64
    }
    first = frame.iloc[0]
    finding = t(
        "results.areas.alt",
        area=first.iloc[0],
        value=texts().quantity(float(first.iloc[1]), "MWh"),
    )
    st.markdown(finding)
    parts.table(frame, finding, "area_table", config)
    parts.download_csv(frame, f"{view.run.manifest.run_id}-{view.portfolio}", "area_csv")


def event_log(view: View) -> None:
    """Draw the event log of the replication whose energy not supplied is the median."""
    data = reading.metrics(view.folder, view.scenario, view.stamp).sel(portfolio=view.portfolio)
    typical = pick(data["ens_mwh"].to_numpy(), data["replication"].to_numpy().tolist(), "median")
    events = reading.course(view.folder, view.scenario, view.portfolio, typical, view.stamp).events
    rows = [at for at, event in enumerate(events) if view.area in ("", event.area_id)]
    # Functions are noted after the rest of the course; here all stand by the hour.
    rows.sort(key=lambda at: events[at].t_h)
    n = texts().number(len(rows))
    st.markdown(t("results.events.text", n=texts().number(typical), rows=n))
    if not rows:
        return
    named = called()
    shown = [(events[at], why_said(events, at, named)) for at in rows[:MAX_EVENTS]]
    frame = pd.DataFrame(
        {
            t("term.hour"): [round(event.t_h, 2) for event, _ in shown],
            t("term.what"): [texts().known(f"event.{e.what}", e.what) for e, _ in shown],
            t("term.asset"): [whose(event, named) for event, _ in shown],
            t("term.area"): [named(e.area_id) if e.area_id else "" for e, _ in shown],
            t("results.events.level"): [
                texts().percent(e.level) if np.isfinite(e.level) else "" for e, _ in shown
            ],
            t("term.cause"): [why for _, why in shown],
        }
    )
    if len(rows) > MAX_EVENTS:
        st.caption(t("results.events.cut", n=texts().number(MAX_EVENTS)))
    finding = t("results.events.alt", n=n)
    parts.table(frame, finding, "event_table", parts.number_columns(frame, [t("term.cause")]))


show()

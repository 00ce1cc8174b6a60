"""Crises: what may happen, what each is based on, and what in it is judgement."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from data.tables import FloatArray
from scenarios.hazard_kinds import WindStorm
from scenarios.hazards import gust_ms, start_of, temperature_degc
from scenarios.schema import Scenario
from ui import parts, reading, timelines
from ui.hazard_words import bar_finding, field_rows, hazard_bar
from ui.state import called, choose, colours, language, t, texts


def show() -> None:
    """Draw the page."""
    st.title(t("crises.title"))
    st.markdown(t("crises.lead"))
    library = reading.scenarios()
    lang = language()
    chosen = choose(
        t("choose.scenario"), list(library), "crisis", lambda s: getattr(library[s].name, lang)
    )
    scenario = library[chosen]
    st.header(getattr(scenario.name, lang))
    st.markdown(getattr(scenario.summary, lang))
    facts(scenario)
    st.header(t("crises.hazards"))
    hazards(scenario)
    st.header(t("crises.weather"))
    weather(scenario)
    st.header(t("crises.based_on"))
    st.markdown(listed(scenario.based_on))
    st.header(t("crises.judgement"))
    st.markdown(listed(scenario.judgement) if scenario.judgement else t("crises.judgement.none"))
    if lang == "nb":
        st.caption(t("crises.source_language"))


def listed(lines: tuple[str, ...]) -> str:
    """Write lines as a list."""
    return "\n".join(f"- {line}" for line in lines)


def facts(scenario: Scenario) -> None:
    """Draw start, length and likelihood with its source and mark."""
    likelihood = scenario.likelihood
    rows = (
        ("crises.start", texts().when(start_of(scenario))),
        ("crises.duration", texts().quantity(float(scenario.duration_h), "h")),
        (
            "crises.likelihood",
            t(
                "crises.likelihood.value",
                low=texts().percent(likelihood.low_per_year, 1),
                high=texts().percent(likelihood.high_per_year, 1),
                quality=t(f"quality.{likelihood.quality}"),
            ),
        ),
        ("crises.likelihood.source", likelihood.source),
    )
    frame = pd.DataFrame(
        {t("term.what"): [t(key) for key, _ in rows], t("term.value"): [v for _, v in rows]}
    )
    parts.table(frame, t("crises.facts.alt"), "crisis_facts")


def hazards(scenario: Scenario) -> None:
    """Draw the timeline of hazards, and every number of each as a table."""
    if not scenario.hazards:
        st.markdown(t("crises.hazards.none"))
        return
    bars = [hazard_bar(hazard, called()) for hazard in scenario.hazards]
    figure = timelines.hazard_figure(bars, scenario.duration_h, texts(), colours())
    finding = " ".join(bar_finding(bar, called()) for bar in bars)
    parts.chart(figure, finding, "hazards")
    rows = [
        {
            t("term.hazard"): f"{at}. {t(f'hazard.{hazard.kind}')}",
            t("term.what"): field,
            t("term.value"): value,
        }
        for at, hazard in enumerate(scenario.hazards, start=1)
        for field, value in field_rows(hazard, called(), "hazard")
    ]
    parts.table(pd.DataFrame(rows), t("crises.hazards.alt", n=len(bars)), "hazard_table")


def weather(scenario: Scenario) -> None:
    """Draw temperature and gust where they are most and least severe."""
    region = reading.region()
    places = region.areas.name
    degc = temperature_degc(scenario, region)
    coldest, mildest = int(degc.mean(axis=0).argmin()), int(degc.mean(axis=0).argmax())
    series = {str(places[at]): degc[:, at] for at in dict.fromkeys((coldest, mildest))}
    finding = t(
        "crises.temperature.finding",
        area=str(places[coldest]),
        low=texts().rounded(float(degc[:, coldest].min())),
        hour=texts().number(float(degc[:, coldest].argmin())),
    )
    figure = timelines.weather_figure(series, t("crises.temperature"), texts(), colours())
    parts.chart(figure, finding, "temperature", every_six_hours(series))
    for at, storm in enumerate(h for h in scenario.hazards if isinstance(h, WindStorm)):
        gust = gust_ms(storm, region.areas, scenario.duration_h)
        most, least = int(gust.max(axis=0).argmax()), int(gust.max(axis=0).argmin())
        series = {str(places[i]): gust[:, i] for i in dict.fromkeys((most, least))}
        finding = t(
            "crises.gust.finding",
            area=str(places[most]),
            high=texts().rounded(float(gust[:, most].max())),
            hour=texts().number(float(gust[:, most].argmax())),
        )
        figure = timelines.weather_figure(series, t("crises.gust"), texts(), colours())
        parts.chart(figure, finding, f"gust_{at}", every_six_hours(series))


def every_six_hours(series: Mapping[str, FloatArray]) -> pd.DataFrame:
    """Write hourly series as a table, a row for each sixth hour."""
    hours = range(0, len(next(iter(series.values()))), 6)
    written = {
        name: [texts().rounded(float(v)) for v in values[::6]] for name, values in series.items()
    }
    return pd.DataFrame({t("curve.axis.time"): [texts().number(h) for h in hours]} | written)


show()

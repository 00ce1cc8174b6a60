"""Texts of the screen in bokmål and English, with numbers and dates as each writes them."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("nb", "en")
OSLO = ZoneInfo("Europe/Oslo")
SIGNIFICANT_DIGITS = 3
NAMED_UNITS = ("persons", "person h")
"""Units that the name of a metric already says: persons without, person-hours in."""

_FOLDER = Path(__file__).parent / "texts"
_LOCALES = {"nb": "nb_NO", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language; called with a key it gives the text.

    Attributes
    ----------
    lang : str
        ``nb`` or ``en``.
    entries : mapping
        Dotted key -> text with ``{placeholders}``.
    """

    lang: str
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of ``key`` with its placeholders filled.

        Raises
        ------
        KeyError
            If the key or one of its placeholders is missing.
        """
        return self.entries[key].format(**values)

    def known(self, key: str, fallback: str) -> str:
        """Return the text of ``key``, or ``fallback`` for a name the texts do not know."""
        return self.entries.get(key, fallback)

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with a fixed count of decimals: ``1 234,5``."""
        if not math.isfinite(value):
            return self("value.none")
        value = round(value, digits) + 0.0
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, format=pattern, locale=_LOCALES[self.lang])

    def rounded(self, value: float) -> str:
        """Write a simulated number with three significant digits, no more than it can bear."""
        if not math.isfinite(value):
            return self("value.none")
        if value == 0:
            return "0"
        before = math.floor(math.log10(abs(value))) + 1
        digits = SIGNIFICANT_DIGITS - before
        value = round(value, digits) + 0.0
        if digits <= 0 or float(value).is_integer():
            return self.number(value)
        written = self.number(value, min(digits, 6))
        return written.rstrip("0") if "e" not in written else written

    def percent(self, share: float, digits: int = 0) -> str:
        """Write a share of 1 as percent: ``38 %``."""
        if not math.isfinite(share):
            return self("value.none")
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        pattern += "\u00a0%" if self.lang == "nb" else "%"
        return format_percent(share, format=pattern, locale=_LOCALES[self.lang])

    def quantity(self, value: float, unit: str) -> str:
        """Write a simulated number with its unit: ``1 230 MWh``."""
        return self(f"unit.{unit}", value=self.rounded(value)).strip()

    def spread(self, low: float, high: float, unit: str = "1") -> str:
        """Write a range: ``910-1 690 MWh``, with an en dash or a word between."""
        between = self("value.range", low=self.rounded(low), high=self.rounded(high))
        return self(f"unit.{unit}", value=between).strip()

    def metric(self, name: str, unit: str) -> str:
        """Name a metric with its unit, unless the name itself says what is counted."""
        written = self(f"metric.{name}")
        symbol = self(f"symbol.{unit}")
        if not symbol or unit in NAMED_UNITS:
            return written
        return self("term.with_unit", name=written, unit=symbol)

    def when(self, moment: str | datetime) -> str:
        """Write a moment in Oslo time: ``10. januar 2026 kl. 07:00``.

        Parameters
        ----------
        moment : str or datetime
            ISO 8601; without an offset it is UTC.
        """
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return format_datetime(
            moment, self("format.datetime"), tzinfo=OSLO, locale=_LOCALES[self.lang]
        )

    def chart_locale(self) -> dict[str, Any]:
        """Give number signs for charts, as Vega's ``config.locale`` takes them."""
        nb = self.lang == "nb"
        return {
            "number": {
                "decimal": "," if nb else ".",
                "thousands": "\u00a0" if nb else ",",
                "grouping": [3],
                "currency": ["", "\u00a0kr"] if nb else ["NOK\u00a0", ""],
                "percent": "\u00a0%" if nb else "%",
                "minus": "\u2212",
            }
        }


def read_texts(lang: str) -> Texts:
    """Read the texts of a language; an unknown one gives bokmål."""
    lang = lang if lang in LANGUAGES else LANGUAGES[0]
    with (_FOLDER / f"{lang}.toml").open("rb") as handle:
        return Texts(lang, dict(_flatten(tomllib.load(handle), "")))


def _flatten(tree: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.extend(_flatten(value, f"{name}."))
        else:
            flat.append((name, str(value)))
    return flat

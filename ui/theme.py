"""Two palettes of chart colours, light and dark.

Text reaches 4.5:1 and lines and states 3:1 against the background they stand on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of charts and maps on one background.

    Attributes
    ----------
    text, grid, rule : str
        Axis text, grid lines, and the thin marks at fixed hours.
    line : str
        The one line of a chart with a single portfolio.
    series : tuple of str
        Portfolios in order, the baseline first. Dashes tell them apart as well.
    better, worse, neutral : str
        Differences whose interval lies on one side of zero, or holds it.
    normal, weakened, out : str
        States of what works, works in part, and does not. Shape and word tell them apart
        as well.
    map_reverse : bool
        Whether the colour scale is turned, so that most is the strongest contrast.
    land, border : str
        Areas without values (Marka), and the lines between areas.
    over_strong, over_weak : str
        Text on the strong and on the weak end of the colour scale.
    """

    background: str
    text: str
    grid: str
    rule: str
    line: str
    series: tuple[str, ...]
    better: str
    worse: str
    neutral: str
    normal: str
    weakened: str
    out: str
    map_reverse: bool
    land: str
    border: str
    over_strong: str
    over_weak: str


LIGHT = Palette(
    background="#FFFFFF",
    text="#0A0A0A",
    grid="#DDE2E7",
    rule="#6B7683",
    line="#0B5A8A",
    series=("#0A0A0A", "#0B5A8A", "#B35900", "#2A7F62", "#A4123F", "#5B3F94"),
    better="#2A7F62",
    worse="#A4123F",
    neutral="#5A6572",
    normal="#2A7F62",
    weakened="#B35900",
    out="#A4123F",
    map_reverse=True,
    land="#C9CED4",
    border="#FFFFFF",
    over_strong="#FFFFFF",
    over_weak="#0A0A0A",
)

DARK = Palette(
    background="#0E1117",
    text="#F0F3F6",
    grid="#2B333E",
    rule="#8D98A5",
    line="#6CB6E8",
    series=("#F0F3F6", "#6CB6E8", "#F0A24A", "#5CC8A0", "#F27C9B", "#BFA3F0"),
    better="#5CC8A0",
    worse="#F27C9B",
    neutral="#A3AEBB",
    normal="#5CC8A0",
    weakened="#F0A24A",
    out="#F27C9B",
    map_reverse=False,
    land="#3A424D",
    border="#0E1117",
    over_strong="#0A0A0A",
    over_weak="#FFFFFF",
)

DASHES = ((1, 0), (8, 3), (3, 2), (10, 3, 2, 3), (5, 2), (6, 2, 1, 2))
"""Line patterns in the order of ``Palette.series``: colour never stands alone."""


def palette(theme: str | None) -> Palette:
    """Return the palette of a theme named ``light`` or ``dark``."""
    return DARK if theme == "dark" else LIGHT

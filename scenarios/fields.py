"""Kinds of value that scenario, measure and portfolio files share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Hours = Annotated[float, Field(ge=0, le=87_600)]
"""Up to ten years [h]."""
Price = Annotated[float, Field(ge=0, le=1e12)]
Quality = Literal["measured", "published", "estimated"]


MAX_ITEMS = 10_000
"""Longest list in a file: a file may repeat a list by reference many times."""

Ids = Annotated[tuple[str, ...], Field(strict=False, min_length=1, max_length=MAX_ITEMS)]
"""At least one identifier."""

AreaIds = Annotated[tuple[str, ...], Field(strict=False, max_length=MAX_ITEMS)]
"""Identifiers from areas.csv."""

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Starts outside these years are taken for typing errors."""


class Strict(BaseModel):
    """A part of a file in which every key is known and every value of its own kind."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class Text(Strict):
    """A text in both languages of the screen."""

    nb: Annotated[str, Field(min_length=1)]
    """Bokmål."""
    en: Annotated[str, Field(min_length=1)]
    """English."""

"""Grids in from the formats utilities have, and out again."""

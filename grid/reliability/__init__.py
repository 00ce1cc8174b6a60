"""Radial feeders: load-point indices, analytical and simulated."""

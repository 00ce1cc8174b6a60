"""Electricity through a replication, and who is cut off when."""

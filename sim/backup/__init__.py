"""Reserve power of sites."""

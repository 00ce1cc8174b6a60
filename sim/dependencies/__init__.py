"""What needs what: the graph of sites, services and functions."""

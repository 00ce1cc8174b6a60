"""Generation adequacy: is there enough capacity for the load, hour by hour through a year."""

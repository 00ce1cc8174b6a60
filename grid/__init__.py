"""How electricity reaches people: network, islands, flow, load shedding, feeders."""

"""What may happen, and what may be done about it: files -> Scenario, Portfolio."""

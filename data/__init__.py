"""What the region is: tables on disk -> Region. Knows nothing of crises."""

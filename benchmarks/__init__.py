"""Speed figures, each beside its peer in the same run; never run as timed tests."""

"""What then happens: one crisis played out in time, many times, and what it adds up to."""

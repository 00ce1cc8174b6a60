"""What the grid stands, and how it comes back: outage checks, security scan, black start."""

"""Published and exact cases through the product's own engine."""

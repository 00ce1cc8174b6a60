"""What people and sites live on: telephone, water, heat, fuel, roads, staff."""

"""What strikes: hazards turned into damage, absence, closures."""

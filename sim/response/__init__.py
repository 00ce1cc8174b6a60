"""Who repairs what, in which order, with what."""

"""A room with one kind that keeps its promises and one that does not, for the registry."""

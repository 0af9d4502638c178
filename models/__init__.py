"""Models to serve: the zoo, its demo, and the packages below `sconce`."""

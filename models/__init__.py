"""Models to serve: a small zoo, a thin exporter and the demo."""

"""The demo: one photograph through the server."""

"""The command `sconce`: it finds its commands by entry point."""

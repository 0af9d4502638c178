"""Helpers for Python tests and tools that drive the real server binary."""

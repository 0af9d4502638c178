"""Networks that people use, with weights from installed packages where these
ship any."""

"""One module for each section of the check; each has run()."""

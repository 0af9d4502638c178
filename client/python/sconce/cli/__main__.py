"""`python -m sconce.cli` is the command `sconce`."""

from sconce.cli.start import main

main()

"""`python -m sconce.cli` is the command `sconce`."""

from sconce.cli.main import main

main()

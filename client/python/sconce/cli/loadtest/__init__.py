"""`sconce load-test`: runs sconce-load, draws its reports, compares them."""

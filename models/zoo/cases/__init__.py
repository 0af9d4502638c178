"""The cases of models/doc/zoo.md: what goes wrong at export, and the way that
is right."""

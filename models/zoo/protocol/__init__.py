"""Models for the tests of the server and its protocol: small, made to find
one fault each."""

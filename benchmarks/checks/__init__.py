"""Numbers of other implementations, recorded for the tests."""

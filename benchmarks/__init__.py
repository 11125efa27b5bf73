"""Benchmarks and evidence: run from a checkout, not part of the wheel."""

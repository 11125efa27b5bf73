"""Benchmarks for asv: how the stages change from commit to commit."""

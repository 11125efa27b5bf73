"""Simulated small studies of known truth: how often the intervals of an audit hold it."""

"""Repeat what a capability must show, and write the figures down: ``make evidence TOPIC=main-job``."""

"""Re-identification risk auditing of head scans."""

__version__ = "0.1.0"

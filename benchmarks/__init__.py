"""Benchmarks, and a comparison with the published package; see `python -m benchmarks --help`."""

"""How fast it is, and how it compares with the published package; see `python -m benchmarks --help`."""

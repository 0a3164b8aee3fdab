"""Old address; see `utils`."""

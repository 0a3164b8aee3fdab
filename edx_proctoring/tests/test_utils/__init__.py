"""Old import path; see `utils`."""

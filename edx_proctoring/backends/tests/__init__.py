"""Old import path; see `test_backend`."""

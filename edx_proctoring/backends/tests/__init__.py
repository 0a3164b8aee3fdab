"""Old address; see `test_backend`."""

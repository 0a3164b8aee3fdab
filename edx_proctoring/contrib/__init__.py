"""Django apps that add to the core what the published package does not have; see `docs/reference/extensions.rst`."""

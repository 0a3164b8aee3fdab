"""A small host of the app: an LMS and a Studio in one Django project."""

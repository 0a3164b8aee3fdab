"""Small hosts. The test suite runs under each: `pytest -p tests.projects.plugin --ds tests.projects.lms tests`."""

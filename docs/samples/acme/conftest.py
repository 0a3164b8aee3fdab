"""The checks need Django: a project with nothing in it but the app, where pytest was not given another."""

from edx_proctoring.testing.check import configure

configure()

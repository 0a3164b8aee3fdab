"""Proctoring for Open edX and for any Django LMS."""

__version__ = "7.0.0.dev0"

"""Allowances, one or many at a time."""

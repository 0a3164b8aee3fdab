"""Allowances, granted one at a time or in bulk."""

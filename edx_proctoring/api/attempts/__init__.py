"""Attempts: reads, changes and the pages that show them."""

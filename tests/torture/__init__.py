"""Races, crashes and faults that test the guarantees, and a proof that these tests detect missing safeguards."""

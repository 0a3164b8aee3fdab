"""Attacks on the promises: races, crashes, faults; and the proof that the attacks would be noticed."""

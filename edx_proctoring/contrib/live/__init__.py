"""Learners in an exam now: heartbeats of learners' pages, and outages of what they depend on."""

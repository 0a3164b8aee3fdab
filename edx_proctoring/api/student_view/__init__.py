"""The page that a learner sees instead of, or above, an exam."""

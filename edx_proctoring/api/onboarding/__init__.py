"""Onboarding exams, and how far learners are with them."""

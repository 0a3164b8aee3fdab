"""Onboarding exams and the onboarding status of learners."""

"""Standing accommodations of learners: extra time, breaks, and exemptions, in a course, an organisation or everywhere."""

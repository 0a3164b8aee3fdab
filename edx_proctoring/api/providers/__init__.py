"""Contacts, links and dashboards of providers, for course staff and learners."""

"""What course staff and learners get from providers: contacts, links, dashboards."""

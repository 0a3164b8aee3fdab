"""Tags for templates of hosts."""

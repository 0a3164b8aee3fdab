"""The demo: a small real host, a provider simulator and the walk that uses both."""

"""The demo: a small but complete host, a provider simulator, and walks that use both."""

"""Django apps that extend the core through `edx_proctoring.extensions`. Hosts enable them in INSTALLED_APPS."""

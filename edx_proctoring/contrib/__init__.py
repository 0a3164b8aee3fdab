"""Django apps that add to the core through `edx_proctoring.extensions`; a host names those it wants in INSTALLED_APPS."""

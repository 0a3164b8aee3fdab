"""The web process of ``python -m benchmarks.live``."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

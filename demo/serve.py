"""``python -m demo.serve``: the host's web server."""

import os

import waitress


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.host.settings")
    from django.core.wsgi import get_wsgi_application

    port = int(os.environ.get("DEMO_PORT", "8000"))
    waitress.serve(get_wsgi_application(), host="127.0.0.1", port=port, threads=8)


if __name__ == "__main__":
    main()

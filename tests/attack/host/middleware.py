"""Limit the statements of one request by the header X-Statement-Timeout (milliseconds), as some hosts limit all."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

LIMITS = {
    "postgresql": ("SET statement_timeout = %s", 1),
    "mysql": ("SET max_statement_time = %s", 0.001),  # MariaDB's; in seconds
}


def limited_statements(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that limits the duration of database statements."""

    def middleware(request: HttpRequest) -> HttpResponse:
        limit = request.headers.get("X-Statement-Timeout")
        if limit:
            statement, factor = LIMITS[connection.vendor]
            with connection.cursor() as cursor:
                cursor.execute(statement, [int(limit) * factor])
        try:
            return get_response(request)
        finally:
            if limit:
                connection.close()  # and the limit with it

    return middleware

"""`Idempotency-Key`: bulk requests that may be safely repeated."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from edx_proctoring import api, transactions
from edx_proctoring.types import JSON
from edx_proctoring.views.bodies import check_texts
from edx_proctoring.views.permissions import caller_id

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
KEY = re.compile(r"[\x21-\x7e]{1,255}")

Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """Execute `handler(self, request, …)` once per user, path and key; later requests get the first response.

    Responses with status 500 and above, and exceptions, are not stored: the request may be repeated with the same key.
    """

    @wraps(handler)
    def answered(self: APIView, request: Request, *args: object, **kwargs: object) -> Response:
        name = (caller_id(request), f"{request.method} {request.path}", _key(request))
        stored = api.begin_request(*name, _digest(request.data))
        if stored is not None:
            return Response(stored.data, status=stored.status, headers=REPLAYED)
        try:
            response = handler(self, request, *args, **kwargs)
        except BaseException as error:
            transactions.close_if_lost(error)  # else the key could not be released
            api.abandon_request(*name)
            raise
        if response.status_code >= 500:
            api.abandon_request(*name)
        else:
            api.finish_request(*name, response.status_code, _plain(response.data))
        return response

    return answered


def _key(request: Request) -> str:
    key = request.headers.get(HEADER, "")
    if not KEY.fullmatch(key):
        text = "Send 1 to 255 visible ASCII characters, new ones for each new request."
        raise ValidationError({HEADER: [text]}, code="required")
    return key


def _plain(data: object) -> JSON:
    """Convert to plain JSON values."""
    plain: JSON = json.loads(json.dumps(data, cls=JSONEncoder))
    return plain


def _digest(data: object) -> str:
    check_texts(data)  # files have no digest
    text = json.dumps(data, cls=JSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()

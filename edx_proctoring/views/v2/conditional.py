"""`ETag`, `If-None-Match` and `If-Match`: unchanged data is not sent again, and changes by others are not overwritten."""

import hashlib
import json

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from edx_proctoring.views.v2.problems import PreconditionRequired


def etag_of(data: object) -> str:
    """Return the tag of a representation: of a row as returned by `retrieve`, or of one page of a list."""
    text = json.dumps(data, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _tags(request: Request, header: str) -> list[str]:
    """Return the tags of the header as strong ones: a host that compresses responses makes ours weak."""
    return [one.removeprefix("W/") for one in parse_etags(request.headers.get(header, ""))]


def is_known(request: Request, etag: str) -> bool:
    """Return whether the client already has this representation."""
    known = _tags(request, "If-None-Match")
    return "*" in known or etag in known


def expected_etags(request: Request) -> list[str]:
    """Return the tags that the client has seen; 428 if it sends none."""
    expected = _tags(request, "If-Match")
    if not expected:
        raise PreconditionRequired
    return expected


def is_expected(expected: list[str], etag: str) -> bool:
    """Return whether the row is as the client has seen it. `*` accepts any version."""
    return "*" in expected or etag in expected

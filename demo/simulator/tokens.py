"""Tokens that the simulator issues to an LMS, and their verification."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import jwt
from flask import Blueprint, Response, abort, jsonify, make_response, request

from demo.simulator.faults import endpoint
from demo.simulator.state import simulator

LIFETIME = 3600
AUDIENCE = "proctoring-simulator"

P = ParamSpec("P")
R = TypeVar("R")

pages = Blueprint("tokens", __name__)


@pages.post("/oauth2/access_token")
@pages.post("/edx/oauth2/access_token", endpoint="edx_access_token")
@endpoint("token")
def access_token() -> tuple[Response, int] | Response:
    """Exchange OAuth2 client credentials for a JWT."""
    missing = [
        name
        for name in ("grant_type", "client_id", "client_secret", "token_type")
        if not request.form.get(name)
    ]
    if missing:
        return jsonify(error="invalid_request", missing=missing), 400
    if request.form["token_type"].lower() != "jwt":
        return jsonify(error="unsupported_token_type"), 400
    client_id = request.form["client_id"]
    if request.form["client_secret"] != simulator().secret_of(client_id):
        return jsonify(error="invalid_client"), 401
    claims = {"aud": AUDIENCE, "sub": client_id, "exp": int(time.time()) + LIFETIME}
    token = jwt.encode(claims, _key(simulator().secret_of(client_id)), algorithm="HS256")
    return jsonify(access_token=token, expires_in=LIFETIME)


def requires_token(view: Callable[P, R]) -> Callable[P, R]:
    """Return 401 for an expired or invalid token, 403 for a missing or malformed one."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            _verify(token)
        except (jwt.ExpiredSignatureError, jwt.InvalidSignatureError):
            abort(make_response(jsonify(error="invalid_token"), 401))
        except jwt.InvalidTokenError:
            abort(make_response(jsonify(error="no_token"), 403))
        return view(*args, **kwargs)

    return checked


def _verify(token: str) -> None:
    unchecked = jwt.decode(token, options={"verify_signature": False, "verify_aud": False})
    key = _key(simulator().secret_of(str(unchecked.get("sub", ""))))
    jwt.decode(token, key, algorithms=["HS256"], audience=AUDIENCE)


def verified_launch(client_id: str, token: str) -> dict[str, Any]:
    """Return the claims of an instructor's launch; raises ``jwt.InvalidTokenError``."""
    claims: dict[str, Any] = jwt.decode(
        token,
        simulator().secret_of(client_id),
        algorithms=["HS256"],
        issuer=client_id,
        options={"require": ["exp", "iss"], "verify_aud": False},
    )
    return claims


def _key(secret: str) -> str:
    """Return a key of sufficient length for the simulator's own tokens, whatever the secret's length."""
    return secret.ljust(32, ".")

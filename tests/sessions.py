"""Authenticated browsers of users whom the demo's sign-in page does not offer."""

from typing import Any

import requests
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

BACKEND = "django.contrib.auth.backends.ModelBackend"


def signed_in(user: Any) -> requests.Session:
    """Return a session whose cookie the host accepts."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    session = requests.Session()
    session.cookies.set("sessionid", store.session_key)
    return session

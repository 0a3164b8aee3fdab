"""Users who are signed in, without the steps of a login: those took a quarter of the time of the views' tests."""

from typing import Any, TypeVar

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.crypto import get_random_string

BACKEND = "django.contrib.auth.backends.ModelBackend"
AnyClient = TypeVar("AnyClient", bound=Client)


def session_of(user: Any) -> str:
    """Store the session that a login ends with; return its key."""
    store = SessionStore()
    data = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: BACKEND,
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    row = Session(
        session_key=get_random_string(32),
        session_data=store.encode(data),
        expire_date=store.get_expiry_date(),
    )
    row.save(force_insert=True)
    return str(row.session_key)


def sign_in(client: AnyClient, user: Any) -> AnyClient:
    """Give the test client a session of this user; return the client."""
    client.cookies[settings.SESSION_COOKIE_NAME] = session_of(user)
    return client


def signed_in(user: Any) -> requests.Session:
    """Return a browser of a user whom the demo's sign-in page does not offer; the host accepts its cookie."""
    browser = requests.Session()
    browser.cookies.set("sessionid", session_of(user))
    return browser

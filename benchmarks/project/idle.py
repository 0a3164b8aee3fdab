"""A request that only authenticates: Django and REST framework need that for any request. It shows how fast the machine is."""

import statistics
import time
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import clear_url_caches, path
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

PATH = "/idle/"
TIMES, WARM_UP = 60, 10


class Idle(APIView):
    """Reads session and user, and does nothing."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, _request: Request) -> Response:
        return Response({})


def add_route() -> None:
    """Add the route to the routes of the project."""
    import_module(settings.ROOT_URLCONF).urlpatterns.append(path(PATH[1:], Idle.as_view()))
    clear_url_caches()


def milliseconds() -> float:
    """Return how long such a request takes in this process, in the median."""
    add_route()
    browser = Client()
    user = get_user_model().objects.create(username="idle")
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
    taken = []
    for _ in range(WARM_UP + TIMES):
        began = time.perf_counter()
        assert browser.get(PATH).status_code == 200
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken[WARM_UP:])

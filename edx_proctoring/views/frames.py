"""Responses shown in a frame, possibly on a page of a micro-frontend with another origin."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from rest_framework import status
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring import conf

HTML = "text/html"


class FramedView(APIView):
    """A view whose errors are a readable page for browsers and JSON for all other clients."""

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Answer browsers that accept only HTML instead of returning 406."""
        return super().perform_content_negotiation(request, force=force or _prefers_html(request))

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        if response.status_code >= status.HTTP_400_BAD_REQUEST and _prefers_html(request):
            response = error_page(request, response)
        return super().finalize_response(request, response, *args, **kwargs)


def _prefers_html(request: HttpRequest | Request) -> bool:
    """Return whether the client prefers HTML. `*/*` does not count, because scripts send it."""
    django_request = getattr(request, "_request", request)
    return bool(django_request.get_preferred_type(["application/json", HTML]) == HTML)


def error_page(request: Request, response: HttpResponseBase) -> HttpResponse:
    """Return the error as a page that instructor dashboards may frame; status and headers are kept."""
    data = getattr(response, "data", None)
    detail = data.get("detail") if isinstance(data, dict) else data
    context = {"detail": detail if isinstance(detail, str) else ""}
    template = "instructor_dashboard/unavailable.html"
    page = render(request, template, context, status=response.status_code)
    for name in ("Retry-After", "WWW-Authenticate", "Allow"):
        if response.has_header(name):
            page[name] = response[name]
    page["Cache-Control"] = "no-store"
    page["Content-Security-Policy"] = f"frame-ancestors {' '.join(frame_ancestors())}"
    page.xframe_options_exempt = True  # X-Frame-Options supports only one origin
    return page


def frame_ancestors() -> list[str]:
    """Return the sources for `frame-ancestors`: this site, the micro-frontends, and those in FRAME_ANCESTORS."""
    pages = (conf.django.LEARNING_MICROFRONTEND_URL, conf.django.INSTRUCTOR_MICROFRONTEND_URL)
    found = ["'self'"]
    for address in (*pages, *conf.proctoring.FRAME_ANCESTORS):
        parts = urlsplit(address or "")
        origin = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme in ("http", "https") and parts.netloc and origin not in found:
            found.append(origin)
    return found

"""Routes of a host that has only those of the app."""

from django.urls import include, path

urlpatterns = [path("api/", include("edx_proctoring.urls", namespace="edx_proctoring"))]

"""The app's routes, for checks without a project."""

from django.urls import include, path

urlpatterns = [path("api/", include("edx_proctoring.urls", namespace="edx_proctoring"))]

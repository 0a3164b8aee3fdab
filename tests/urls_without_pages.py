"""The app's routes in a host without pages."""

from django.urls import include, path

urlpatterns = [path("api/", include("edx_proctoring.urls", namespace="edx_proctoring"))]

"""The app's addresses in a host that has no pages."""

from django.urls import include, path

urlpatterns = [path("api/", include("edx_proctoring.urls", namespace="edx_proctoring"))]

"""A host that has the app's routes and no others."""

from django.urls import include, path

urlpatterns = [path("api/", include("edx_proctoring.urls", namespace="edx_proctoring"))]

"""Old import path."""

from edx_proctoring.testing.cases import TestBackendProvider

__all__ = ["TestBackendProvider"]

"""Old import paths for test suites of hosts. New suites import from `edx_proctoring.testing`."""

from edx_proctoring.testing.cases import mock_perm, setup_test_backends, setup_test_perms

__all__ = ["mock_perm", "setup_test_backends", "setup_test_perms"]

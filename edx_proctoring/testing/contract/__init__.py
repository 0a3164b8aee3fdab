"""The app's expectations of a provider, as checks for the provider's author.

In a suite, with pytest or unittest (extra `testing`)::

    class TestAcme(ProviderContract):
        provider_class = AcmeProvider
        options = {"client_id": "id", "client_secret": "a long secret"}
        capabilities = {"registers", "notifies", "removes", "reviews", "retirement"}

or from the command line: ``python -m edx_proctoring.testing.check acme.provider:AcmeProvider --options acme.json``.

Capabilities that a provider does not declare are not checked, except that it must not use them.
"""

from edx_proctoring.testing.contract.behaviour import Behaviour
from edx_proctoring.testing.contract.calls import Calls
from edx_proctoring.testing.contract.construction import Construction
from edx_proctoring.testing.contract.time_changes import TimeChanges


class ProviderContract(Behaviour, TimeChanges, Calls, Construction):
    """Subclass this; each `test_` method is one expectation, and its failure says what to correct.

    pytest and the command run the checks from the last base class to the first, so that failures that explain others
    come first.
    """

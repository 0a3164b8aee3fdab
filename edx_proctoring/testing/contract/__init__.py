"""What the app expects of a provider, as checks that a provider's author runs.

In a suite, with pytest or unittest (extra `testing`)::

    class TestAcme(ProviderContract):
        provider_class = AcmeProvider
        options = {"client_id": "id", "client_secret": "a long secret"}
        capabilities = {"registers", "notifies", "removes", "reviews", "retirement"}

or from the command line: ``python -m edx_proctoring.testing.check acme.provider:AcmeProvider --options acme.json``.

What a provider does not declare is not checked but for one thing: that it is really not done.
"""

from edx_proctoring.testing.contract.behaviour import Behaviour
from edx_proctoring.testing.contract.calls import Calls
from edx_proctoring.testing.contract.construction import Construction


class ProviderContract(Behaviour, Calls, Construction):
    """Subclass it; each `test_` method is one expectation, its failure says what to mend.

    pytest and the command run the checks from the last base class to the first: what explains other failures comes first.
    """

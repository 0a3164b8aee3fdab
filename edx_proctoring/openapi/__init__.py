"""The OpenAPI 3.1 document of the REST interface, by drf-spectacular (extra `[openapi]`).

`document()` describes exactly the published routes, `document_v2()` those of the second version. A host that describes its own interface with drf-spectacular, too, finds ours in
it, because importing this module (which the app does where drf-spectacular is installed) registers the extension.
"""

from edx_proctoring.openapi.generator import ProctoringViews, document, document_v2

__all__ = ["ProctoringViews", "document", "document_v2"]

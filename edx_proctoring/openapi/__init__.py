"""The OpenAPI 3.1 document of the REST interface, by drf-spectacular (extra `[openapi]`).

`document()` describes the published routes, `document_v2()` those of the second version. If the host describes its own
interface with drf-spectacular, our routes are included: importing this module (which the app does if drf-spectacular is
installed) registers the extension.
"""

from edx_proctoring.openapi.generator import ProctoringViews, document, document_v2

__all__ = ["ProctoringViews", "document", "document_v2"]

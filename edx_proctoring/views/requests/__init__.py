"""One serializer for each request body and each query, in modules named like the views.

The view reads its request with it (`GrantSerializer.read(request)`), and the OpenAPI document describes the request
with it (`openapi/operations.py`). `fields` has a named field for each lenient form of input that clients have always
been allowed to send.
"""

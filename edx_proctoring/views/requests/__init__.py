"""One serializer for each body and each query, by noun as the views are.

The view reads its request by it (`GrantSerializer.read(request)`), and the OpenAPI document describes the request by it
(`openapi/operations.py`). What clients have always been allowed to send is a field with a name in `fields`.
"""

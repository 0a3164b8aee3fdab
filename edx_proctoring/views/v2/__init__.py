"""The second version of the REST interface: what the published package does not have.

`base` holds the conventions that all its resources share: errors, permission, pages, filters, conditional requests.
"""

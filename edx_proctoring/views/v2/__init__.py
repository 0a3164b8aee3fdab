"""The second version of the REST interface, for features that 6.1.4 does not have.

`base` implements the conventions of all resources: errors, permissions, pagination, filters, conditional requests.
"""

"""Bodies and responses of the app's routes: they validate, and the OpenAPI document is generated from them."""

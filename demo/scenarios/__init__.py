"""The scenarios that the demo walks through, one module each; `demo.walks` runs them."""

"""The demo's scenarios, one module each; `demo.walks` runs them."""

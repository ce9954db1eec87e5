"""Steps by concept, and the modules that bind features to them."""

"""Plain Python: no models, no business words."""

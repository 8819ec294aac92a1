"""Wiring: settings, root URLs, API root, the ``linli`` command line. The only room that knows everyone."""

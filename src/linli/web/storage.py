"""Static files with hashed names, also where one of our modules imports another."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

OURS = ("linli/*.js", "desk/*.js", "portal/*.js", "wall/*.js", "patrol/*.js")
"""Modules whose imports are rewritten. Not packages': Django's patterns stumble over their comments."""

_, _IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        *((ours, _IMPORTS) for ours in OURS),
    )

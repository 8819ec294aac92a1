"""The root of the REST API. Each domain brings its router; this room only puts them together."""

from __future__ import annotations

from django.http import HttpRequest

from linli.domains.cases.api import public as cases_public
from linli.domains.cases.api import router as cases
from linli.domains.cases.stats_api import router as stats
from linli.domains.matters.api import router as matters
from linli.kernel.access import tokens
from linli.kernel.access.actor import Actor
from linli.kernel.areas.api import router as areas
from linli.kernel.files.api import router as files
from linli.kernel.units.api import router as units
from linli.kernel.units.queries import is_expired
from linli.web.problems import Unauthenticated
from linli.web.rest import Api, Bearer, JsonParser, JsonRenderer, install


def actor_of_token(request: HttpRequest, secret: str) -> Actor | None:
    """The actor that a bearer token acts as, also on the request. Refuses an expired one as such."""
    actor = tokens.actor_of_token(secret)
    if actor is not None:
        request.actor = actor  # type: ignore[attr-defined]
    elif is_expired(secret):
        raise Unauthenticated("接口令牌已过期，请申请新的令牌")
    return actor


api = Api(
    title="邻里 Linli",
    version="1",
    description=(
        "基层智慧治理平台接口。令牌代表一个岗位，能看到和办理的与该岗位在工作台上相同。"
        "错误按 RFC 9457（application/problem+json）返回，`errors` 逐项指明字段。"
        "凡新建都接受 `client_id`（UUID）：用同一值重试不会重复创建。"
    ),
    urls_namespace="api",
    docs_url=None,  # its page is loaded from elsewhere, which our pages never are
    auth=Bearer(actor_of_token),
    parser=JsonParser(),
    renderer=JsonRenderer(),
)
install(api)

api.add_router("", cases)  # before the public one: what it names by a word is no tracking code
api.add_router("", cases_public)
api.add_router("", stats)
api.add_router("/areas", areas)
api.add_router("/matters", matters)
api.add_router("/units", units)
api.add_router("/files", files)

"""REST endpoints of matters."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Field, Query, Router

from linli.domains.matters import permissions as may
from linli.domains.matters import queries
from linli.domains.matters.models import Matter
from linli.domains.matters.suggestion import suggest
from linli.kernel.access.actor import Actor
from linli.web.rest import Schema

router = Router(tags=["事项"])


class MatterOut(Schema):
    code: str
    version: int
    list: str
    name: str
    category: str
    legal_basis: str
    article: str
    source: str
    lead_function: str
    assist_functions: list[str]  # type: ignore[valid-type]
    performers: list[str]  # type: ignore[valid-type]
    action: str
    action_detail: str
    evidence: str
    evidence_reason: str
    urgency: str
    verifier: str
    public: bool

    @staticmethod
    def of(matter: Matter) -> MatterOut:
        values = {name: getattr(matter, name) for name in MatterOut.model_fields if name != "list"}
        return MatterOut(list=matter.list.kind, **values)


class MattersQuery(Schema):
    kind: str = Field("", max_length=14)
    q: str = Field("", max_length=50)
    area: str = Field("", max_length=18)


class SuggestQuery(Schema):
    text: str = Field(min_length=1, max_length=2000)
    area: str = Field("", max_length=18)


class SuggestionOut(Schema):
    code: str
    name: str
    score: float
    reason: str


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]  # set by the API's authentication
    return actor


@router.get("", response=list[MatterOut], summary="现行事项")
def matters(request: HttpRequest, query: Query[MattersQuery]) -> list[MatterOut]:
    _actor(request).require(may.VIEW)
    found = queries.search(query.q, area=query.area or None, kind=query.kind or None)
    return [MatterOut.of(matter) for matter in found]


@router.get("/suggest", response=list[SuggestionOut], summary="按文字推荐事项")
def suggestions(request: HttpRequest, query: Query[SuggestQuery]) -> list[SuggestionOut]:
    """推荐附理由，由人决定。"""
    _actor(request).require(may.VIEW)
    return [
        SuggestionOut(code=s.matter.code, name=s.matter.name, score=round(s.score, 3), reason=s.reason)
        for s in suggest(query.text, area=query.area or None)
    ]


@router.get("/{code}", response=MatterOut, summary="事项")
def matter(request: HttpRequest, code: str) -> MatterOut:
    _actor(request).require(may.VIEW)
    return MatterOut.of(queries.by_code(code))

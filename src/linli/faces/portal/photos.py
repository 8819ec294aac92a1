"""Photos of a report in the making: taken in at once, carried by their claims from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.translation import gettext as _

from linli.faces.portal.quotas import PHOTOS
from linli.kernel.access.actor import PUBLIC
from linli.kernel.files import actions, links, queries
from linli.kernel.files.errors import FileAttached, FileNotYours, FileRefused
from linli.kernel.files.formats import FileKind
from linli.kernel.files.models import File

MOST = 9
"""Photos of one report, as ``cases.actions.NewReport`` takes them."""


@dataclass(frozen=True)
class KeptPhoto:
    claim: str
    name: str
    thumbnail_url: str


@dataclass
class Photos:
    """What is kept so far, and what could not be kept, in words."""

    kept: list[KeptPhoto] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def claims(self) -> list[str]:
        return [photo.claim for photo in self.kept]

    def _keep(self, file: File) -> None:
        self.kept.append(KeptPhoto(queries.claim_of(file), file.name, links.url(file, "thumb")))


def take(request: HttpRequest) -> Photos:
    """The photos kept from earlier steps (``files``, less ``drop``) and the ones that came now (``photos``).

    One bad photo never costs another: each is judged by itself.
    """
    taken = Photos()
    dropped = set(request.POST.getlist("drop"))
    _again(taken, [claim for claim in request.POST.getlist("files") if claim not in dropped])
    sent = request.FILES.getlist("photos")
    room = MOST - len(taken.kept)
    if len(sent) > room:
        taken.problems.append(
            _("最多 %(most)d 张照片，多出的 %(over)d 张没有保留")
            % {"most": MOST, "over": len(sent) - max(room, 0)}
        )
    for upload in sent[: max(room, 0)]:
        if PHOTOS.is_spent(request):
            taken.problems.append(_("上传过于频繁，请稍后再传照片；也可以先不带照片上报"))
            break
        PHOTOS.count(request)
        name = upload.name or ""
        try:
            file = actions.receive(PUBLIC, content=upload, name=name)
        except FileRefused as refusal:
            taken.problems.append(f"{name}：{refusal.fields['file'].removeprefix('附件：')}")
            continue
        if file.kind == FileKind.IMAGE:
            taken._keep(file)
        else:
            taken.problems.append(_("%(name)s：这里只能上传照片（JPEG、PNG、WebP）") % {"name": name})
    return taken


def _again(taken: Photos, claims: Sequence[str]) -> None:
    """Earlier photos, where they are still there: they are removed after a day."""
    try:
        files = queries.claimed(PUBLIC, claims[:MOST])
    except (FileNotYours, FileAttached):
        if len(claims) > 1:
            for claim in claims[:MOST]:
                _again(taken, [claim])
            return
        taken.problems.append(_("有一张照片已失效，请重新选择"))
        return
    for file in files:
        if file.is_public:
            taken._keep(file)

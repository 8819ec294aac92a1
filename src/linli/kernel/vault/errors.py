"""Refusals of the vault."""

from __future__ import annotations

from linli.lib.errors import Invalid, NotAllowed, NotFound, WrongState


class PersonUnknown(NotFound):
    code = "person_unknown"
    title = "未找到该人员信息"


class PersonErased(WrongState):
    code = "person_erased"
    title = "该人员信息已按规定删除"


class PurposeRefused(NotAllowed):
    """The fields, or the entry, lie outside what the purpose covers."""

    code = "purpose_refused"
    title = "使用目的不包含所查看的个人信息"


class ReporterHidden(NotAllowed):
    """The reader's unit is the one complained about (突发事件应对法（2024）第九条)."""

    code = "reporter_hidden"
    title = "上报人信息对被反映单位保密"


class PersonalDataInvalid(Invalid):
    code = "personal_data_invalid"


class SealBroken(WrongState):
    """A ciphertext does not belong to its row and field, or was altered, or its key is missing."""

    code = "seal_broken"
    title = "个人信息校验未通过，已停止读取，请联系系统管理员"

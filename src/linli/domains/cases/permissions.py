"""What may be allowed about cases."""

from functools import partial

from linli.kernel.access.roles import ability

SENSITIVE = ability(
    "cases.view_sensitive", "查看不公开事件", "在本辖区内查看和办理标为不公开的事件；参与办理的单位不需要"
)
_of_case = partial(ability, sensitive=SENSITIVE)
"""Abilities over the content of cases. Overseeing is not one of them: figures count every case."""

VIEW = _of_case("cases.view", "查看事件", "查看事件、任务和流转记录")
REPORT = ability("cases.report", "上报事件", "上报问题、代他人上报、发现即处置")
SOLVE = ability("cases.solve", "发现即处置", "把本辖区内发现并当场解决的问题一步办结")
IMPORT = ability("cases.import", "导入上报", "从热线等系统导入上报文件")
ACCEPT = _of_case("cases.accept", "受理", "受理上报，或说明理由退回上报人")
DISPATCH = _of_case("cases.dispatch", "分办", "认定事项、分派主办和协办单位、并案和分案")
ESCALATE = _of_case("cases.escalate", "上报", "报请上一级综治中心处理（街道吹哨、部门报到）")
APPROVE = _of_case("cases.approve", "审批", "批准或不批准挂起、延期申请，处置中增派协办单位")
HANDLE = _of_case("cases.handle", "处置", "办理派给本单位的任务，退回、申请挂起或延期")
VERIFY = _of_case("cases.verify", "核查", "现场或材料核查处置结果")
CLOSE = _of_case("cases.close", "结案", "写明结果后结案，或重新办理")
COMMENT = _of_case("cases.comment", "备注", "写内部备注")
NOTE = _of_case("cases.note", "告知上报人", "给上报人写进展说明")
SUPERVISE = _of_case("cases.supervise", "督办", "对逾期或办理不当的单位发出督办")
REPLY = _of_case("cases.reply", "答复督办", "答复发给本单位的督办")
OVERSEE = ability("cases.oversee", "指挥屏", "在指挥屏上查看本辖区事件的汇总情况")
EXPORT = _of_case("cases.export", "导出", "把看得到的事件导出为表格")
CONTACT = _of_case("cases.contact", "联系上报人", "为办理本事件查看上报人联系方式（留痕）")
ANSWER = _of_case("cases.answer", "反馈", "上报人反馈是否解决、补充情况、撤回自己的上报")
RETIME = _of_case("cases.retime", "重算时限", "工作日历改动后把时限改到新日历；由系统办理，不授予岗位")
JOIN = _of_case("cases.join", "附议", "为同一问题再加一份上报")

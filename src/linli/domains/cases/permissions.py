"""What may be allowed about cases."""

from linli.kernel.access.roles import ability

VIEW = ability("cases.view", "查看事件", "查看事件、任务和流转记录")
SENSITIVE = ability("cases.view_sensitive", "查看不公开事件", "查看标为不公开的事件的内容")
REPORT = ability("cases.report", "上报事件", "上报问题、代他人上报、发现即处置")
IMPORT = ability("cases.import", "导入上报", "从热线等系统导入上报文件")
ACCEPT = ability("cases.accept", "受理", "受理上报，或说明理由退回上报人")
DISPATCH = ability("cases.dispatch", "分办", "认定事项、分派主办和协办单位、并案和分案")
ESCALATE = ability("cases.escalate", "上报", "报请上一级综治中心处理（街道吹哨、部门报到）")
APPROVE = ability("cases.approve", "审批", "批准或不批准挂起、延期申请，处置中增派协办单位")
HANDLE = ability("cases.handle", "处置", "办理派给本单位的任务，退回、申请挂起或延期")
VERIFY = ability("cases.verify", "核查", "现场或材料核查处置结果")
CLOSE = ability("cases.close", "结案", "写明结果后结案，或重新办理")
COMMENT = ability("cases.comment", "备注", "写内部备注")
NOTE = ability("cases.note", "告知上报人", "给上报人写进展说明")
SUPERVISE = ability("cases.supervise", "督办", "对逾期或办理不当的单位发出督办")
REPLY = ability("cases.reply", "答复督办", "答复发给本单位的督办")
OVERSEE = ability("cases.oversee", "指挥屏", "在指挥屏上查看本辖区事件的汇总情况")
EXPORT = ability("cases.export", "导出", "把看得到的事件导出为表格")
CONTACT = ability("cases.contact", "联系上报人", "为办理本事件查看上报人联系方式（留痕）")
ANSWER = ability("cases.answer", "反馈", "上报人反馈是否解决、撤回自己的上报")
JOIN = ability("cases.join", "附议", "为同一问题再加一份上报")

"""The notices that cases send."""

from linli.kernel.notices.kinds import kind

kind("case.task", "新任务")
kind("case.centre", "上级交办、下级上报")
kind("case.supplement", "上报人补充情况")
kind("case.handed_back", "任务退回")
kind("case.handled", "待核查")
kind("case.assist_done", "协办完成")
kind("case.request", "申请待审批")
kind("case.decided", "申请已审批")
kind("case.resumed", "恢复办理")
kind("case.sent_back", "退回重办")
kind("case.reopened", "重新办理")
kind("case.supervision", "督办")
kind("case.supervision_reply", "督办答复")
kind("case.retimed", "时限随工作日历改变")
kind("case.soon", "即将到期")
kind("case.overdue", "已超期")

from linli.kernel.access.roles import ability

VERIFY = ability("journal.verify", "核验留痕", "查看留痕校验结果和日封存值")
ERASE_REMARK = ability("journal.erase_remark", "删除意见文字", "依法删除一条意见的文字，留痕本身不变")

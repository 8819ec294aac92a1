from __future__ import annotations

import subprocess
import sys

BEFORE_SET_UP = """
from linli.lib.errors import Invalid, WrongState
print(WrongState("数据目录正在使用"), Invalid(fields={"port": "端口被占用"}), WrongState().heading)
"""


def test_the_command_line_can_refuse_before_django_is_set_up() -> None:
    told = subprocess.run([sys.executable, "-c", BEFORE_SET_UP], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["数据目录正在使用", "端口被占用", "当前状态不能进行此操作"]

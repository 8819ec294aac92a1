from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.areas.levels import WIDTHS, Level, ancestors, is_code, level_of, parent_of

CODE = "330106001002003004"
codes = st.sampled_from(sorted(WIDTHS.values())).flatmap(
    lambda width: st.from_regex(rf"[1-9][0-9]{{{width - 1}}}", fullmatch=True)
)


@pytest.mark.parametrize(("level", "width"), WIDTHS.items())
def test_the_width_tells_the_level(level: Level, width: int) -> None:
    assert level_of(CODE[:width]) is level
    assert level.width == width


def test_levels_carry_their_chinese_names() -> None:
    assert [level.label for level in Level] == [
        "市",
        "区（市）县",
        "乡镇（街道）",
        "社区（村）",
        "网格",
        "微网格",
    ]


@pytest.mark.parametrize(
    "code", ["", "33", "330", "33010", "3301060", "0101", "33O1", "３３０１", "3301 ", "3301\n"]
)
def test_refuses_what_is_no_code(code: str) -> None:
    assert not is_code(code)
    with pytest.raises(ValueError, match="is not the code of an area"):
        level_of(code)


def test_a_city_stands_at_the_top() -> None:
    assert parent_of("3301") == ""
    assert ancestors("3301") == ()


@given(codes)
def test_ancestors_are_the_chain_of_parents(code: str) -> None:
    chain = []
    above = parent_of(code)
    while above:
        chain.insert(0, above)
        above = parent_of(above)
    assert ancestors(code) == tuple(chain)
    assert all(code.startswith(one) for one in chain)

"""Article by article, what the regulation asks and where the platform answers it.

``python -m linli.config.articles`` writes ``docs/articles.md`` from ``ARTICLES``. A row names rooms, pages,
API operations and tests that exist; ``tests/architecture/test_articles.py`` fails when one does not, when an
article is missing, or when the page is stale. Summaries are our own words; the regulation's text prevails.
"""

from __future__ import annotations

import enum
import sys
from collections import Counter
from dataclasses import dataclass

from linli.config.documents import Document, main, table

CASES = "src/linli/domains/cases/tests"
MATTERS = "src/linli/domains/matters/tests"
AREAS = "src/linli/kernel/areas/tests"
JOURNAL = "src/linli/kernel/journal/tests"
VAULT = "src/linli/kernel/vault/tests"


class Status(enum.Enum):
    """How far an article is answered."""

    DONE = "已实现"
    PARTIAL = "部分实现"
    PLANNED = "计划中"
    NOT_SOFTWARE = "不属软件"


@dataclass(frozen=True)
class Article:
    """One article of the regulation."""

    number: int
    summary: str
    status: Status
    note: str
    """What stands and what is lacking, how it is planned, or why it is no matter of software."""
    rooms: tuple[str, ...] = ()
    """folders below ``src/linli``"""
    pages: tuple[str, ...] = ()
    """names of addresses"""
    api: tuple[str, ...] = ()
    """method and path below ``/api/v1``"""
    tests: tuple[str, ...] = ()
    """``file::function``"""


DONE, PARTIAL, PLANNED, NOT_SOFTWARE = Status

CHAPTERS: dict[int, str] = {
    1: "第一章　总则",
    12: "第二章　基础建设",
    20: "第三章　治理措施",
    29: "第四章　基层服务",
    36: "第五章　促进与保障",
    45: "附则",
}
"""The article with which each chapter begins."""

ARTICLES: tuple[Article, ...] = (
    Article(1, "立法目的", NOT_SOFTWARE, "说明立法目的，没有可由系统办理的事。"),
    Article(
        2,
        "适用于本市行政区域",
        DONE,
        "区域树即适用范围：点位落在本市网格之外的上报会被拒绝，并说明最近的网格。",
        rooms=("kernel/areas",),
        api=("GET /areas/locate",),
        tests=(f"{AREAS}/test_locate.py::test_a_point_outside_is_refused_with_the_nearest_grid",),
    ),
    Article(
        3,
        "治理原则：党委领导、政府负责、民主协商、社会协同、公众参与、法治保障、科技支撑",
        NOT_SOFTWARE,
        "是原则。系统的对应底线（清单保护基层、个人信息只在信息库、不给居民评分、不给工作人员排名打卡）由测试守住。",
        tests=(
            "tests/architecture/test_models.py::test_nothing_is_stored_that_watches_ranks_or_clocks_people",
            "tests/architecture/test_models.py::test_personal_data_is_stored_in_the_vault_alone",
        ),
    ),
    Article(
        4,
        "统筹协调机构建立议事协调机制，制定总体方案，研究重大事项",
        PLANNED,
        "总体方案和重大事项的任务分解、交办、进度跟踪，将作为一类流转事项；会议决策本身不属软件。",
    ),
    Article(
        5,
        "纳入规划和预算，部门各负其责",
        NOT_SOFTWARE,
        "规划编制和预算安排由政府依法进行。部门职责在系统中体现为单位的职能和事项的主办、协办职能（见第二十二条）。",
    ),
    Article(
        6,
        "乡镇、街道的八项职责",
        PARTIAL,
        "有：网格化管理服务的具体工作（第七项）、乡镇（街道）履职事项清单的载入（样例）。"
        "缺：纠纷化解、对居（村）委会的监督检查、法治宣传等的登记与台账。",
        rooms=("domains/cases", "domains/matters"),
        pages=("desk:worklist",),
        api=("GET /matters",),
        tests=(f"{MATTERS}/test_load.py::test_the_shipped_lists_load_whole",),
    ),
    Article(
        7,
        "居（村）民委员会协助基层治理",
        PARTIAL,
        "有：社区岗位可上报、核查、办理清单内的协助任务。缺：自治工作自身的登记（见第二十三条）。",
        rooms=("domains/cases", "domains/matters"),
        pages=("desk:worklist",),
        tests=(f"{MATTERS}/test_ask.py::test_a_committee_may_be_asked_for_what_its_lists_admit",),
    ),
    Article(
        8,
        "群团组织协同",
        PARTIAL,
        "有：群团组织可设为单位，作为协办单位参与事件。缺：群团自身的活动和服务登记。",
        rooms=("kernel/units",),
        api=("GET /units",),
        tests=(f"{CASES}/test_moves.py::test_the_centre_asks_more_units_to_help_while_a_unit_handles",),
    ),
    Article(
        9,
        "鼓励企业事业单位、社会组织、公众参与",
        PARTIAL,
        "有：居民不注册即可上报、附议、查询、反馈；企业和社会组织可设为单位参与办理。缺：参与活动的组织与记录。",
        rooms=("faces/portal", "domains/cases"),
        pages=("portal:report", "portal:track"),
        api=("POST /reports/{tracking}/answer",),
        tests=(f"{CASES}/test_chain.py::test_a_report_becomes_a_case_with_grid_matter_clock_and_number",),
    ),
    Article(10, "媒体宣传", NOT_SOFTWARE, "新闻媒体的工作。系统提供可公开核对的数字（见第四十四条）。"),
    Article(
        11,
        "表彰奖励",
        NOT_SOFTWARE,
        "表彰按国家和省的规定由政府进行；系统不给个人打分、积分、排名，不作为表彰的评分工具。",
        tests=(
            "tests/architecture/test_models.py::test_nothing_is_stored_that_watches_ranks_or_clocks_people",
        ),
    ),
    Article(
        12,
        "四级综治中心：资源整合、信息收集、研判、矛盾化解、隐患排查；调度、分办、协同、督办、考评机制",
        PARTIAL,
        "有：四级中心的受理、分办、协办、上报上级、交办下级、挂起和延期审批、督办及答复时限。"
        "缺：矛盾纠纷化解、排查任务、研判、考评轮次。",
        rooms=("domains/cases", "kernel/clocks"),
        pages=("desk:worklist", "desk:case", "wall:board"),
        api=("POST /cases/{number}/moves", "GET /cases/{number}/moves", "GET /tasks"),
        tests=(
            f"{CASES}/test_moves.py::test_dispatching_gives_everybody_a_task_a_clock_and_a_notice",
            f"{CASES}/test_moves.py::test_after_two_hand_backs_the_centres_choice_is_final",
            f"{CASES}/test_moves.py::test_the_street_calls_the_district_which_dispatches_or_gives_it_back",
        ),
    ),
    Article(
        13,
        "国土空间规划统筹配置公共服务设施",
        PLANNED,
        "规划编制不属软件；设施登记和服务半径覆盖的分析将作为规划的参考。",
    ),
    Article(
        14, "城乡社区综合服务设施建设与覆盖", PLANNED, "将有设施登记和覆盖情况的统计；建设本身不属软件。"
    ),
    Article(15, "设施用房四同步，不足的调剂补齐", PLANNED, "将登记项目的四个同步节点和不足设施的补齐进度。"),
    Article(
        16,
        "统一的基层智慧治理平台：整合信息资源，实现基层党建、社区治理、应急处置、矛盾纠纷排查化解等功能",
        PARTIAL,
        "有：统一的区域、单位、岗位、权限、时限、留痕、个人信息库和开放接口；社区治理中的事件一项。"
        "缺：基层党建、应急处置、矛盾纠纷排查化解。",
        rooms=("kernel", "domains/cases", "domains/matters"),
        pages=("desk:worklist", "portal:home", "wall:board"),
        api=("GET /areas", "GET /units", "GET /cases"),
        tests=(
            "tests/architecture/test_imports.py::test_imports_point_one_way",
            f"{VAULT}/test_read.py::test_data_collected_for_one_purpose_is_not_read_for_another",
        ),
    ),
    Article(
        17,
        "应急广播",
        PLANNED,
        "将有发布内容的审批流转、终端和覆盖登记；广播的播发由应急广播系统承担，通过接口对接。",
    ),
    Article(
        18,
        "应急预案、风险排查、预警发布、先期处置、队伍、演练、物资",
        PLANNED,
        "预案、演练、物资、队伍各为登记，排查和演练为有时限、有留痕的流转事项。",
    ),
    Article(
        19,
        "爱国卫生运动",
        PARTIAL,
        "有：环境卫生类事项在清单中，可上报、派办、核查。缺：健康创建活动和人员的登记。",
        rooms=("domains/matters", "domains/cases"),
        api=("GET /matters",),
        tests=(f"{MATTERS}/test_load.py::test_every_shipped_grid_matter_is_filled_in",),
    ),
    Article(
        20,
        "划分综合网格和专属网格，配置网格人员及其队伍制度",
        PARTIAL,
        "有：两类网格的代码、边界和版本，载入时检查重叠、包含和空隙，点位落到网格；网格岗位的任期。"
        "缺：网格划分的辅助设计，网格员选用退出、教育培训的登记（不做打卡、轨迹和个人排名）。",
        rooms=("kernel/areas", "kernel/units"),
        pages=("portal:grid",),
        api=("GET /areas/locate", "GET /areas/{code}", "GET /areas/{code}/children"),
        tests=(
            f"{AREAS}/test_locate.py::test_a_point_is_told_its_grid_with_the_names_above",
            f"{AREAS}/test_locate.py::test_a_shared_border_goes_to_the_smaller_code",
        ),
    ),
    Article(
        21,
        "网格事项准入、清单化、动态调整；清单外事项未经批准不得交网格",
        PARTIAL,
        "有：清单及历次版本、依据和时限；清单外的派办被拒绝，说明规则，并记在交办单位名下。"
        "缺：准入申请的审批流转（现由载入新版清单完成）。",
        rooms=("domains/matters",),
        pages=("desk:matters", "desk:refusals"),
        api=("GET /matters", "GET /matters/{code}"),
        tests=(
            f"{MATTERS}/test_ask.py::test_a_grid_worker_may_not_be_asked_for_anything_else",
            f"{MATTERS}/test_ask.py::test_a_refusal_is_counted_against_the_sending_unit",
            f"{MATTERS}/test_revise.py::test_an_edit_makes_a_version_and_keeps_the_old_one",
        ),
    ),
    Article(
        22,
        "全链条网格化管理服务：信息收集、问题发现、任务分办、协同处置、结果反馈、督查考评；部门给予培训指导保障",
        PARTIAL,
        "有：从上报到公布结果的全链条，每一步有时限、有留痕、可核验；督办。"
        "缺：考评轮次；部门培训、指导、信息支持的登记。",
        rooms=("domains/cases", "domains/matters", "kernel/flow", "kernel/journal"),
        pages=("desk:worklist", "desk:case", "desk:move", "portal:report", "portal:tracked"),
        api=(
            "POST /reports",
            "POST /reports/solved",
            "GET /cases/{number}",
            "POST /cases/{number}/moves",
            "GET /cases/{number}/journal",
        ),
        tests=(
            f"{CASES}/test_chain.py::test_the_whole_chain_ends_in_a_result_and_a_sound_journal",
            f"{MATTERS}/test_suggest.py::test_the_reason_names_the_words",
            f"{JOURNAL}/test_verify.py::test_an_untouched_journal_is_sound",
        ),
    ),
    Article(
        23,
        "居（村）务公开、民主协商、议事协商委员会",
        PLANNED,
        "议题、协商、表决、公开各为有留痕的流转事项，居民端可见。",
    ),
    Article(
        24,
        "居（村）委会自治事项与协助事项两张清单；协助须书面委托并给经费条件；清单外不得要求，可以购买服务",
        PARTIAL,
        "有：两张清单（协助 59 项、自治 21 项，附法条）及版本；清单外的要求被拒绝并计入交办单位。"
        "缺：书面委托、经费和条件的记录，购买服务的征求意见。",
        rooms=("domains/matters",),
        pages=("desk:matters", "desk:refusals"),
        api=("GET /matters", "GET /matters/{code}"),
        tests=(
            f"{CASES}/test_moves.py::"
            "test_what_is_on_no_list_is_not_asked_of_a_committee_and_counts_against_who_asked",
            f"{MATTERS}/test_ask.py::test_a_committee_may_not_be_asked_for_anything_else",
            f"{MATTERS}/test_ask.py::test_refusals_are_cut_to_the_viewer",
        ),
    ),
    Article(
        25,
        "新时代“枫桥经验”：矛盾预防贯穿决策、执法、司法",
        PLANNED,
        "重大决策社会稳定风险评估将作为流转事项；裁判和执法不属软件。",
    ),
    Article(
        26,
        "人民调解、行政调解、司法调解联动，第三方参与",
        PLANNED,
        "纠纷作为独立的流转事项：受理、分流、调解、协议、司法确认、回访。",
    ),
    Article(
        27,
        "社会治安风险预警、信息共享、协同处置",
        PLANNED,
        "只对事件和地点作分析，不对人作画像、评分或预测；公安系统的信息按接口推送和接收。",
    ),
    Article(
        28,
        "指导业主大会和业主委员会，协调社区、业委会、物业",
        PLANNED,
        "业主大会设立、选举、表决的指导记录和三方协商议事。",
    ),
    Article(
        29, "基本公共服务均等化、下沉", PLANNED, "将有服务资源登记和可达性统计；服务的提供由各部门承担。"
    ),
    Article(
        30,
        "社会心理服务网络，社区心理咨询室",
        PLANNED,
        "将有服务点和预约登记；咨询内容属敏感信息，不进入平台的一般数据。",
    ),
    Article(31, "社区、社会组织、社工、志愿者、慈善资源联动", PLANNED, "资源登记和需求对接。"),
    Article(
        32,
        "新就业形态劳动者参与社区服务",
        PLANNED,
        "居民端的上报对任何人开放，骑手现在就可以上报；组织化联系和服务对接待建。",
        pages=("portal:report",),
    ),
    Article(33, "驻区单位开放资源，培育社区服务企业", PLANNED, "停车场地、文体设施等开放资源的登记和预约。"),
    Article(
        34,
        "政府购买服务，社区社会组织",
        PLANNED,
        "购买服务的需求、委托、履约评价登记；社区社会组织备案登记。",
    ),
    Article(
        35,
        "特殊群体和困难群体关爱，定点联系",
        PLANNED,
        "定点联系和走访为有时限的流转事项；对象的个人信息只在个人信息库，按目的读取、到期删除（信息库已具备）。",
        rooms=("kernel/vault",),
    ),
    Article(36, "精神文明建设", NOT_SOFTWARE, "道德建设和文化活动在线下进行；村规民约等的公开见第二十三条。"),
    Article(37, "专家库", PLANNED, "专家登记、咨询委托和成果记录。"),
    Article(
        38,
        "为社会力量参与提供支持和便利",
        PLANNED,
        "场地、资金等支持的申请与办理，与第三十一、三十三条一并建设。",
    ),
    Article(39, "税收、水电气热价格等优惠政策", NOT_SOFTWARE, "政策由主管部门落实。"),
    Article(
        40, "慈善捐赠、社区发展基金", PLANNED, "社区基金的收支公开登记；募捐和资金管理由有资质的机构承担。"
    ),
    Article(
        41,
        "社区工作者队伍：数量、薪酬、培训、考核",
        PLANNED,
        "按人口、面积、事件量测算配置的分析；薪酬和人事管理用现有系统，平台不给个人排名。",
    ),
    Article(
        42,
        "人大代表、政协委员参与，社情民意恳谈会",
        PLANNED,
        "恳谈会的议题、意见和办理反馈，转为可跟踪的事项。",
    ),
    Article(
        43,
        "乡镇（街道）与居（村）委会履职履约双向评价",
        PARTIAL,
        "有：事件的统计指标（分子、分母、剔除均可核对），清单外要求按交办单位计数，可作评价依据。"
        "缺：双向评价的轮次、打分、申诉和结果。",
        rooms=("kernel/insight", "domains/cases", "domains/matters"),
        pages=("desk:refusals", "wall:figure"),
        tests=(f"{MATTERS}/test_ask.py::test_a_refusal_is_counted_against_the_sending_unit",),
    ),
    Article(
        44,
        "考核评价机制，结果定期向社会公布",
        PARTIAL,
        "有：按区域的上报、结案和各率每月公布一次，写明口径和统计时间，公布后不再改动。缺：考核评价的指标体系和轮次。",
        rooms=("kernel/insight", "faces/portal"),
        pages=("portal:figures", "wall:figure"),
        tests=(
            f"{CASES}/test_indicators.py::test_every_figure_equals_a_recount_from_the_journal",
            f"{CASES}/test_indicators.py::test_public_figures_tell_every_area_and_no_small_share",
            f"{CASES}/test_publishing.py::test_it_is_what_was_counted_then_whatever_comes_later",
        ),
    ),
    Article(45, "自 2024 年 7 月 1 日起施行", NOT_SOFTWARE, "施行日期。"),
)

INTRODUCTION = """\
# 条例逐条对照 · The regulation, article by article

《条例》四十五条在平台上的落点。摘要是我们的话，以《条例》原文为准。“已实现”和“部分实现”只指代码里今天站得住的；
房间是代码目录（`src/linli/` 之下），页面是地址名，接口在 `/api/v1` 之下，测试可直接交给 pytest。

Where each article stands in the software: done, partial, planned, or no matter of software. Rooms, pages, API
operations and tests named here exist: a test fails otherwise."""


def render() -> str:
    """The page: a count, then a table per chapter with the facts of each article below it."""
    found = Counter(article.status for article in ARTICLES)
    counts = table([s.value for s in Status], [[str(found[s]) for s in Status]])
    parts = [INTRODUCTION, counts]
    for first, title in CHAPTERS.items():
        after = min((n for n in CHAPTERS if n > first), default=len(ARTICLES) + 1)
        mine = [article for article in ARTICLES if first <= article.number < after]
        rows = [[f"第 {a.number} 条", a.summary, a.status.value, a.note, _where(a)] for a in mine]
        parts.append(f"## {title}\n\n" + table(["条", "内容", "状态", "说明", "在哪里"], rows))
    return "\n\n".join(parts)


def _where(article: Article) -> str:
    groups = (
        ("房间", article.rooms),
        ("页面", article.pages),
        ("接口", article.api),
        ("测试", article.tests),
    )
    return "\n".join(f"{title}：{'、'.join(f'`{one}`' for one in found)}" for title, found in groups if found)


DOCUMENT = Document("articles.md", render, "python -m linli.config.articles")

if __name__ == "__main__":
    sys.exit(main(lambda: [DOCUMENT]))

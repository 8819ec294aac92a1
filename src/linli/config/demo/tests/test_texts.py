from __future__ import annotations

import random
import re
from itertools import pairwise

import yaml

from linli.config import environment as env
from linli.config.demo.data import read
from linli.config.demo.places import Place
from linli.config.demo.texts import Theme, Writer, theme_of, themes

HOME = Place("compound", "锦绣花园", "钟鼓路", 0, 116.6, 30.0, 1.0)
CHANNELS = ("portal", "patrol", "hotline", "desk", "push")


def subjects() -> list[tuple[str, str, Theme]]:
    found = []
    for file in ("grid", "city"):
        document = yaml.safe_load((env.CHECKOUT / "data" / "matters" / f"{file}.yaml").read_text("utf-8"))
        for matter in document["matters"]:
            theme = theme_of(matter["name"], matter["category"], matter["code"])
            found.append((matter["code"], matter["name"], theme))
    return found


def test_every_matter_has_words_of_its_own_or_a_theme_that_fits() -> None:
    own = read("wordings")
    for code, name, theme in subjects():
        assert len(theme.lines) >= 6, name
        assert theme.done, name
        assert theme.code != "general" or code in own, name
    assert set(own) <= {code for code, _, _ in subjects()}


def test_no_slot_and_no_bracket_is_left_open() -> None:
    writer = Writer(1)
    for _, _, theme in subjects():
        for channel in CHANNELS:
            text = writer.report(theme, "锦绣花园", channel=channel)
            assert not re.search(r"[{}\[\]|]", text), text
        assert not re.search(r"[{}\[\]|]", writer.handled(theme, "锦绣花园"))
    for what in read("replies"):
        if what != "handle":
            assert not re.search(r"[{}\[\]|]", writer.say(what, unit="区城管局", other="区住建局"))


def test_thirty_thousand_reports_are_diverse_and_of_human_length() -> None:
    writer, chance = Writer(2), random.Random(2)
    known = [theme for _, _, theme in subjects()]
    texts = [
        writer.report(chance.choice(known), writer.spot(HOME), channel=chance.choice(CHANNELS))
        for _ in range(30_000)
    ]
    assert len(set(texts)) > 0.99 * len(texts)
    assert all(first != second for first, second in pairwise(texts))
    lengths = [len(text) for text in texts]
    assert min(lengths) >= 8
    assert max(lengths) <= 150
    assert max(lengths) > 4 * min(lengths)


def test_a_paraphrase_differs_and_speaks_of_the_same_place() -> None:
    writer = Writer(3)
    first = writer.report(themes()["fire_lane"], "锦绣花园3号楼")
    second = writer.paraphrase(themes()["fire_lane"], "锦绣花园3号楼", first)
    assert first != second
    assert "锦绣花园3号楼" in second


def test_matters_about_people_name_no_building() -> None:
    writer = Writer(4)
    assert all(writer.spot(HOME, theme=themes()["care"]) == HOME.name for _ in range(50))


def test_the_same_seed_writes_the_same() -> None:
    def write() -> list[str]:
        writer = Writer(5)
        return [writer.report(themes()["noise"], writer.spot(HOME)) for _ in range(200)]

    assert write() == write()


def test_texts_hold_no_telephone_or_identity_number() -> None:
    everything = str(read("texts")) + str(read("wordings")) + str(read("replies")) + str(read("names"))
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)|\d{17}[\dXx]", everything)

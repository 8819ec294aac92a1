"""The map of the regulation points at things that exist."""

from __future__ import annotations

import ast
from functools import cache

import pytest
from django.urls import URLResolver, get_resolver

from linli.config.api import api
from linli.config.articles import ARTICLES, CHAPTERS, Article, Status
from tests.architecture.rooms import ROOT, SOURCE

LAST = 45

each_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: str(article.number))


def test_every_article_has_one_row_in_order() -> None:
    assert [article.number for article in ARTICLES] == list(range(1, LAST + 1))
    assert next(iter(CHAPTERS)) == 1
    assert sorted(CHAPTERS) == list(CHAPTERS)


@each_article
def test_what_stands_says_where_and_what_does_not_says_why(article: Article) -> None:
    assert article.summary
    assert article.note
    if article.status in {Status.DONE, Status.PARTIAL}:
        assert article.rooms
        assert article.pages or article.api or article.tests
    if article.status is Status.PARTIAL:
        assert "缺：" in article.note
    if article.status is Status.DONE:
        assert article.tests


@each_article
def test_its_rooms_exist(article: Article) -> None:
    assert [room for room in article.rooms if not (SOURCE / room / "__init__.py").exists()] == []


@each_article
def test_its_pages_have_addresses(article: Article) -> None:
    assert [page for page in article.pages if page not in _pages()] == []


@each_article
def test_its_api_operations_are_in_the_schema(article: Article) -> None:
    assert [operation for operation in article.api if operation not in _operations()] == []


@each_article
def test_its_tests_exist(article: Article) -> None:
    assert [node for node in article.tests if not _exists(node)] == []


@cache
def _pages() -> frozenset[str]:
    """Every name of an address, as ``namespace:name``."""
    return frozenset(_named(get_resolver()))


def _named(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            found += _named(one, f"{prefix}{one.namespace}:" if one.namespace else prefix)
        elif one.name:
            found.append(prefix + one.name)
    return found


@cache
def _operations() -> frozenset[str]:
    """``GET /cases/{number}`` and the like, below the API's root."""
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return frozenset(f"{method.upper()} {path}" for path, methods in paths.items() for method in methods)


def _exists(node: str) -> bool:
    file, _, name = node.partition("::")
    path = ROOT / file
    return path.is_file() and name in _functions(path.read_text(encoding="utf-8"))


@cache
def _functions(source: str) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))

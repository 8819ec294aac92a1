"""``linli token``: bearer tokens of the API, each acting as one post."""

from __future__ import annotations

import argparse

from linli.config.commands import platform, say


def arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="操作")
    issue = deeds.add_parser("issue", help="签发 · issue a token; it is shown this once")
    issue.add_argument("--post", type=int, help="岗位编号")
    issue.add_argument("--username", help="用户名（其第一个有效岗位）")
    issue.add_argument("--label", required=True, help="用途")
    issue.add_argument("--days", type=int, default=365, help="有效天数，0 为长期（默认 365）")
    listing = deeds.add_parser("list", help="列出 · list tokens")
    listing.add_argument("--username", help="只列此用户")
    revoke = deeds.add_parser("revoke", help="撤销 · revoke a token")
    revoke.add_argument("token", type=int, help="令牌编号（见 list）")


def run(options: argparse.Namespace) -> int:
    with platform():
        deed = {"issue": _issue, "list": _list, "revoke": _revoke}[options.deed]
        deed(options)
    return 0


def _issue(options: argparse.Namespace) -> None:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units.actions import issue_token
    from linli.kernel.units.models import Post
    from linli.lib.errors import Invalid

    posts = Post.objects.valid().order_by("pk")
    if options.post is not None:
        post = posts.filter(pk=options.post).first()
    elif options.username:
        post = posts.filter(account__username=options.username).first()
    else:
        raise Invalid(fields={"post": "请用 --post 或 --username 指明岗位"})
    if post is None:
        raise Invalid(fields={"post": "没有这个有效岗位"})
    token, secret = issue_token(actor=SYSTEM, post=post, label=options.label, days=options.days or None)
    ends = token.expires_at
    say(f"{token.pk}\t{post}\t{'长期有效' if ends is None else f'有效至 {ends:%Y-%m-%d}'}")
    say(secret)


def _list(options: argparse.Namespace) -> None:
    from linli.kernel.units.models import Token

    tokens = Token.objects.select_related("post__unit", "post__account").order_by("pk")
    if options.username:
        tokens = tokens.filter(post__account__username=options.username)
    for token in tokens:
        ends = "长期有效" if token.expires_at is None else f"有效至 {token.expires_at:%Y-%m-%d}"
        state = f"已于 {token.revoked_at:%Y-%m-%d} 撤销" if token.revoked_at else ends
        say(f"{token.pk}\t{token.post.account.username}\t{token.post}\t{token.label}\t{state}")


def _revoke(options: argparse.Namespace) -> None:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units.actions import revoke_token
    from linli.kernel.units.models import Token
    from linli.lib.errors import NotFound

    token = Token.objects.filter(pk=options.token, revoked_at=None).select_related("post").first()
    if token is None:
        raise NotFound(f"没有编号为 {options.token} 的有效令牌")
    revoke_token(actor=SYSTEM, token=token)
    say(f"令牌 {options.token} 已撤销")

"""Changes of factors, each with its entry in the record of changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linli.kernel.access.actor import Actor
from linli.kernel.identity import app_codes, queries, recovery
from linli.kernel.identity.errors import FactorNeeded, FactorNotFound, ResetOwnFactors, TooManyFactors
from linli.kernel.identity.models import Factor
from linli.kernel.identity.permissions import RESET_FACTORS
from linli.kernel.units import checks
from linli.kernel.units.entries import Change, changing
from linli.kernel.units.models import Account
from linli.kernel.vault.seals import keyring
from linli.lib.errors import Invalid

if TYPE_CHECKING:
    from fido2.webauthn import AttestedCredentialData

MOST_PASSKEYS = 10
SEALED_FIELD = "totp"


@dataclass(frozen=True)
class Holder:
    """Whoever changes their own ways to sign in, perhaps before they are let in: no post acts."""

    account: int
    post: None = None


def add_app(*, account: Account, name: str, secret: str) -> list[str]:
    """Add an authenticator app, in place of the one before; its first code has been checked.

    Returns new recovery codes when this is the first factor, else none. They are told this once.
    """
    key = keyring().current
    with changing(Holder(account.pk)) as change:
        is_first = not account.factors.exists()
        account.factors.filter(kind=Factor.Kind.APP).delete()
        factor = Factor.objects.create(
            account=account,
            kind=Factor.Kind.APP,
            name=name,
            sealed=key.seal(secret, person=account.pk, field=SEALED_FIELD),
            key=key.label,
        )
        return _added(change, factor, is_first)


def add_passkey(*, account: Account, name: str, credential: AttestedCredentialData) -> list[str]:
    """Add a passkey. Returns recovery codes as ``add_app`` does. Refuses the eleventh."""
    with changing(Holder(account.pk)) as change:
        if account.factors.filter(kind=Factor.Kind.PASSKEY).count() >= MOST_PASSKEYS:
            raise TooManyFactors
        if Factor.objects.filter(credential_id=credential.credential_id).exists():
            raise Invalid(fields={"answer": "这个通行密钥已经添加过"})
        is_first = not account.factors.exists()
        factor = Factor.objects.create(
            account=account,
            kind=Factor.Kind.PASSKEY,
            name=name,
            credential_id=credential.credential_id,
            credential=bytes(credential),
        )
        return _added(change, factor, is_first)


def _added(change: Change, factor: Factor, is_first: bool) -> list[str]:
    account = factor.account
    change.enter("add_factor", account, _area_of(account), kind=factor.kind, name=factor.name)
    return recovery.renew(account) if is_first else []


def remove_factor(*, account: Account, factor_id: int) -> None:
    """Remove one's own factor; with the last one the recovery codes go. Refuses the last one where the
    city asks for a second factor."""
    with changing(Holder(account.pk)) as change:
        factor = account.factors.filter(pk=factor_id).first()
        if factor is None:
            raise FactorNotFound
        is_last = not account.factors.exclude(pk=factor_id).exists()
        if is_last and queries.needed_for(account):
            raise FactorNeeded
        change.enter("remove_factor", account, _area_of(account), kind=factor.kind, name=factor.name)
        factor.delete()
        if is_last:
            account.recovery_codes.all().delete()


def renew_recovery(*, account: Account) -> list[str]:
    """New recovery codes, told this once; the old ones are worth nothing. Refuses without a factor."""
    with changing(Holder(account.pk)) as change:
        if not account.factors.exists():
            raise FactorNotFound
        change.enter("renew_recovery", account, _area_of(account))
        return recovery.renew(account)


def use_recovery(*, account: Account, given: str) -> bool:
    """Use a recovery code up; its use is entered, since it means that a device is lost or stolen."""
    with changing(Holder(account.pk)) as change:
        is_good = recovery.use(account, given)
        if is_good:
            left = account.recovery_codes.count()
            change.enter("use_recovery", account, _area_of(account), left=left)
    return is_good


def code_is_good(*, account: Account, code: str) -> bool:
    """Whether ``code`` is what the account's app shows now, and comes for the first time."""
    factor = account.factors.filter(kind=Factor.Kind.APP).first()
    if factor is None:
        return False
    secret = keyring().of(factor.key).open(factor.sealed, person=account.pk, field=SEALED_FIELD)
    step = app_codes.step_of(secret, code)
    return step is not None and app_codes.is_first_use(factor.pk, step)


def end_sessions(*, account: Account) -> None:
    """Sign an account out everywhere; every process knows it at its next request."""
    with changing(Holder(account.pk)) as change:
        _next_round(account)
        change.enter("end_sessions", account, _area_of(account))


def reset_factors(*, actor: Actor, account: Account, reason: str) -> None:
    """Clear the factors of somebody who has lost their device, and sign them out everywhere.

    Needs ``factors.reset`` over all places of the account; nobody does it for themselves. Passwords are
    reset by another administrator, so that no one of them alone can take an account over.
    """
    actor.require(RESET_FACTORS)
    checks.account_in_reach(actor, account)
    if not actor.system and actor.account == account.pk:
        raise ResetOwnFactors
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明事由"})
    with changing(actor) as change:
        removed = account.factors.count()
        account.factors.all().delete()
        account.recovery_codes.all().delete()
        _next_round(account)
        change.enter(
            "reset_factors", account, _area_of(account), removed=removed, reason=reason.strip()[:200]
        )


def reseal() -> int:
    """Seal the secrets of apps anew that an older key sealed; returns how many."""
    ring = keyring()
    stale = Factor.objects.filter(kind=Factor.Kind.APP).exclude(key=ring.current.label)
    count = 0
    for factor in stale.iterator():
        secret = ring.of(factor.key).open(factor.sealed, person=factor.account_id, field=SEALED_FIELD)
        sealed = ring.current.seal(secret, person=factor.account_id, field=SEALED_FIELD)
        # only what we have read: somebody may replace the app meanwhile
        same = Factor.objects.filter(pk=factor.pk, key=factor.key)
        count += same.update(sealed=sealed, key=ring.current.label)
    return count


def _next_round(account: Account) -> None:
    account.refresh_from_db(fields=["session_round"])  # others wait for us by now
    account.session_round += 1
    account.save(update_fields=["session_round"])


def _area_of(account: Account) -> str:
    return account.unit.area if account.unit is not None else ""

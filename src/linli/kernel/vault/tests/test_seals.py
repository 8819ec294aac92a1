from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from linli.kernel.vault import actions
from linli.kernel.vault.errors import SealBroken
from linli.kernel.vault.models import Person, Reading
from linli.kernel.vault.seals import keyring

OLD, NEW = "o" * 40, "n" * 40
WHY = {"purpose": "handle", "reason": "联系上报人"}


def test_a_ciphertext_swapped_between_two_rows_is_refused_and_the_attempt_logged(kept, clerk):
    one, other = kept(phone="13800000001"), kept(phone="13800000002")
    Person.objects.filter(pk=one.pk).update(sealed=other.sealed, masks=other.masks)
    with pytest.raises(SealBroken):
        actions.read(clerk, person=one.pk, fields=["phone"], **WHY)
    assert Reading.objects.latest("id").outcome == "seal_broken"


def test_a_ciphertext_swapped_between_two_fields_is_refused(kept, clerk):
    person = kept()
    sealed = person.sealed | {"name": person.sealed["address"]}
    Person.objects.filter(pk=person.pk).update(sealed=sealed)
    with pytest.raises(SealBroken):
        actions.read(clerk, person=person.pk, fields=["name"], **WHY)


@pytest.mark.parametrize("damaged", ["", "AAAA", "not base64!", "A" * 60])
def test_a_damaged_ciphertext_is_refused(kept, clerk, damaged):
    person = kept()
    Person.objects.filter(pk=person.pk).update(sealed={"name": damaged})
    with pytest.raises(SealBroken):
        actions.read(clerk, person=person.pk, fields=["name"], **WHY)


def test_rotation_reseals_everything_and_then_needs_the_old_key_no_more(kept, clerk, settings):
    settings.VAULT_KEY = OLD
    person = kept()
    assert person.key == "sm4.1"
    settings.VAULT_KEY = f"2:{NEW},1:{OLD}"
    assert len(actions.find_by_phone(clerk, phone_number="13812341234", **WHY)) == 1
    assert actions.reseal() == 1
    assert actions.reseal() == 0
    settings.VAULT_KEY = f"2:{NEW}"
    assert Person.objects.get().key == "sm4.2"
    assert actions.read(clerk, person=person.pk, fields=["name"], **WHY) == {"name": "张三丰"}
    assert len(actions.find_by_phone(clerk, phone_number="13812341234", **WHY)) == 1


def test_changing_the_cipher_is_a_rotation_too(kept, clerk, settings):
    settings.VAULT_KEY, settings.VAULT_CIPHER = OLD, "sm4"
    person = kept()
    settings.VAULT_CIPHER = "aes"
    assert actions.reseal() == 1
    assert Person.objects.get().key == "aes.1"
    assert actions.read(clerk, person=person.pk, fields=["name"], **WHY) == {"name": "张三丰"}


def test_an_entry_whose_key_is_gone_is_refused(kept, clerk, settings):
    settings.VAULT_KEY = OLD
    person = kept()
    settings.VAULT_KEY = f"2:{NEW}"
    with pytest.raises(SealBroken):
        actions.read(clerk, person=person.pk, fields=["name"], **WHY)


def test_another_secret_under_the_same_version_opens_nothing(kept, clerk, settings):
    settings.VAULT_KEY = OLD
    person = kept()
    settings.VAULT_KEY = NEW
    with pytest.raises(SealBroken):
        actions.read(clerk, person=person.pk, fields=["name"], **WHY)


@pytest.mark.parametrize("weak", ["", "short", f"1:{OLD},1:{NEW}", f"1:{OLD},2:short"])
def test_a_missing_weak_or_ambiguous_key_stops_the_vault(settings, weak):
    settings.VAULT_KEY = weak
    with pytest.raises(ImproperlyConfigured):
        keyring()


def test_an_unknown_cipher_stops_the_vault(settings):
    settings.VAULT_CIPHER = "rot13"
    with pytest.raises(ImproperlyConfigured):
        keyring()

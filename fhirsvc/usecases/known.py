"""All that a decision for one person rests on, as the store holds it at one instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.joining import spokesmen
from fhirsvc.fhir.flag import flag_id
from fhirsvc.fhir.references import shared_in
from fhirsvc.fhir.resource import digest_id
from fhirsvc.fhir.retraction import is_error, previous_of, rests_on, unversioned
from fhirsvc.usecases.ports import Decision, Transaction, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store holds of one person at one instant.

    patient: the survivor, for whom is decided.  evidence: of all Patients that are this person.  last: the end of the
    survivor's chain.  impression: the newest version of the last one written, even if it was withdrawn, and proposal
    that of the ServiceRequest beside it.  errors: the exact versions of the evidence that was entered in error.
    earlier: the impressions before the last one, as far back as each rests on an error, and the first that does not.
    others: the same of the other Patients, without evidence.  spokesmen: as domain.joining has them, () = there is but
    one Patient.
    """

    tenant: str
    patient: str
    watermark: int
    evidence: Sequence[Version]
    last: Decision | None
    impression: Version | None
    proposal: Version | None
    flag: Version | None
    errors: tuple[str, ...] = ()
    earlier: tuple[Version, ...] = ()
    others: tuple[Known, ...] = ()
    spokesmen: tuple[str, ...] = ()

    @property
    def chains(self) -> Mapping[str, int]:
        """How many decisions there are for each of the Patients."""
        return {each.patient: each.last.ordinal if each.last else 0 for each in (self, *self.others)}


def known(transaction: Transaction, tenant: str, person: str, protocol: str) -> Known | None:
    """All that a decision for this person rests on, of one instant; None when it was joined to another."""
    members = transaction.persons.members(tenant, person)
    if not members:
        return None
    evidence = transaction.resources.evidence(tenant, members)
    errors = tuple(f"{each.reference}/_history/{each.version}" for each in evidence if is_error(each.body))
    standing = _standing(transaction, tenant, person, protocol)
    return replace(
        standing,
        evidence=(*evidence, *_named_by(evidence, tenant, transaction)),
        errors=errors,
        earlier=tuple(_earlier(transaction, tenant, standing.impression, frozenset(map(unversioned, errors)))),
        others=tuple(_standing(transaction, tenant, each, protocol) for each in members if each != person),
        spokesmen=_spokesmen(transaction, tenant, members),
    )


def _earlier(
    transaction: Transaction, tenant: str, impression: Version | None, errors: frozenset[str]
) -> Iterator[Version]:
    """The impressions before this one, as far back as each is or is to be entered in error, and the one before them."""
    while impression is not None and (is_error(impression.body) or rests_on(impression.body, errors)):
        before = ("ClinicalImpression", previous_of(impression.body))
        impression = transaction.resources.heads(tenant, [before]).get(before)
        if impression is not None:
            yield impression


def _named_by(evidence: Sequence[Version], tenant: str, transaction: Transaction) -> Sequence[Version]:
    """What belongs to no patient and is read where a resource of one names it: the text of a note, a medicine."""
    names = {name for each in evidence for name in shared_in(each.body)}
    counted = transaction.resources.counted(tenant, names) if names else {}
    return [each for each in counted.values() if each.patient is None]


def _spokesmen(transaction: Transaction, tenant: str, members: Sequence[str]) -> tuple[str, ...]:
    if len(members) == 1:
        return ()
    return spokesmen(transaction.persons.identities(tenant, members).values())


def chains(transaction: Transaction, tenant: str, person: str, protocol: str) -> Mapping[str, int]:
    """How many decisions there are for each Patient of a person; as Known.chains, of this instant."""
    members = transaction.persons.members(tenant, person)
    ends = {each: transaction.patients.last(tenant, each, protocol) for each in members}
    return {each: last.ordinal if last else 0 for each, last in ends.items()}


def _standing(transaction: Transaction, tenant: str, patient: str, protocol: str) -> Known:
    """What stands for one Patient, without its evidence."""
    written = transaction.patients.last_impression(tenant, patient, protocol)
    impression, flag = ("ClinicalImpression", written), ("Flag", flag_id(tenant, patient))
    proposal = ("ServiceRequest", digest_id("proposal", f"ClinicalImpression/{written}/_history/1"))
    heads = transaction.resources.heads(tenant, [impression, proposal, flag])
    return Known(
        tenant=tenant,
        patient=patient,
        watermark=transaction.patients.watermark(tenant, patient),
        evidence=(),
        last=transaction.patients.last(tenant, patient, protocol),
        impression=heads.get(impression),
        proposal=heads.get(proposal),
        flag=heads.get(flag),
    )

"""What became of a draft, for the person who proposes it."""

from collections.abc import Iterator

from kb.model import Severity
from kb.render.text import count, judgement, paint, style
from kb.results import Kin, Proposal
from kb.words import brief, visible

_TITLES = {
    Severity.ERROR: "missing until it could be published",
    Severity.WARNING: "would be better",
    Severity.INFO: "worth a look",
}

_AKIN = {
    "id": "has this id; if it says the same, confirm it; if the draft says more, edit that record; else give the draft another id",
    "alias": "has an alias in common with the draft",
    "withdrawn": "was withdrawn, and is not published again; `kb why` says why, `kb restore` takes that back",
    "signature": "has the same signature",
    "near copy": "reads nearly the same",
    "pattern": "the pattern of one finds the signature of the other",
}


def lines(proposal: Proposal, *, colour: bool = False) -> Iterator[str]:
    """What is missing, what would be better, what the base has already, and what comes next."""
    name = brief(visible(proposal.record)) if proposal.record else "the draft"
    how = "is in" if proposal.is_new else "was proposed before, and is in"
    yield f"{name} {how} {visible(proposal.file)}; nothing is published yet"
    for severity, title in _TITLES.items():
        found = proposal.of(severity)
        if found:
            yield f"{title}:"
        yield from (
            f"  {paint(one.code, style(severity), colour=colour)} {judgement(one, colour=colour)}" for one in found
        )
    if proposal.kin:
        yield "the base may have it already:"
    yield from (_kin(one) for one in proposal.kin)
    yield _next(proposal)


def _kin(kin: Kin) -> str:
    return f"  {kin.record}: {'; '.join(_AKIN[how] for how in kin.by)}"


def _next(proposal: Proposal) -> str:
    errors = len(proposal.of(Severity.ERROR))
    if errors:
        return (
            f"it cannot be published: {count(errors, 'error')}; correct it and propose that, this file can be deleted"
        )
    if not proposal.is_publishable:
        return "it cannot be published under an id that was withdrawn"
    if any(one.record == proposal.record for one in proposal.kin):
        return f"{proposal.record} is published already; see first whether this should take its place, then run `kb ingest`"
    if proposal.kin:
        others = " or ".join(f"`kb confirm {one.record}`" for one in proposal.kin[:2])
        return f"it could be published; first see whether it says more than what is there ({others}, `kb merge`)"
    return "it could be published: `kb ingest` does that"

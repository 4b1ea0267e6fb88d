"""The format ErrorCanon, and its table of places, for the specifications."""

from kb.sources.formats import SHIPPED
from kb.sources.formats.two_way import TwoWay

_FORM = SHIPPED.named("errorcanon")
assert isinstance(_FORM, TwoWay)
FORM: TwoWay = _FORM
ERRORCANON = FORM.table

"""The ground: places, owners, firms, bodies and who holds their posts."""

from communities.models.bodies import Appointment, Body, Post
from communities.models.firms import PropertyFirm, ServiceContract
from communities.models.owners import Owner, Ownership
from communities.models.phones import PhoneExport
from communities.models.places import Building, City, Compound, Stair, Town, Unit, Village
from communities.models.roster import RosterImport, RosterRow

__all__ = [
    "Appointment",
    "Body",
    "Building",
    "City",
    "Compound",
    "Owner",
    "Ownership",
    "PhoneExport",
    "Post",
    "PropertyFirm",
    "RosterImport",
    "RosterRow",
    "ServiceContract",
    "Stair",
    "Town",
    "Unit",
    "Village",
]

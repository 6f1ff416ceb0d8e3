"""The ground: places, owners, firms, bodies and who holds their posts."""

from communities.models.bodies import Appointment, Body, Post, Suspension
from communities.models.doors import BindingRequest, Residence, Slip
from communities.models.firms import PropertyFirm, ServiceContract
from communities.models.owners import Owner, Ownership
from communities.models.phones import PhoneExport
from communities.models.places import Building, City, Compound, Stair, Town, Unit, Village
from communities.models.roster import RosterImport, RosterRow

__all__ = [
    "Appointment",
    "BindingRequest",
    "Body",
    "Building",
    "City",
    "Compound",
    "Owner",
    "Ownership",
    "PhoneExport",
    "Post",
    "PropertyFirm",
    "Residence",
    "RosterImport",
    "RosterRow",
    "ServiceContract",
    "Slip",
    "Stair",
    "Suspension",
    "Town",
    "Unit",
    "Village",
]

"""Who may do what about obligations and policies. Role names appear here and nowhere else in this app."""

from communities.permissions import BOOKKEEPERS
from communities.rules import Role

#: Holders of these posts do a firm's or a committee's duties, and are told of them.
BEARERS_PEOPLE = tuple(sorted(BOOKKEEPERS))
#: Holders of these posts do the duties of the town's bodies (方案四（一）1: 领导小组下设办公室).
TOWN_BODIES_PEOPLE = (Role.TOWN_OFFICER,)

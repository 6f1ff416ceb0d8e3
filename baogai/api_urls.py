"""The API, version 1: reading, and a household's vote; its schema, and the page that explains it."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter

from communities.api import CompoundViewSet
from evaluations.api import BallotViewSet
from finance.api import DisclosureViewSet
from supervision.api import ObligationViewSet

router = SimpleRouter()
router.register("compounds", CompoundViewSet, basename="api-compound")
router.register("obligations", ObligationViewSet, basename="api-obligation")
router.register("disclosures", DisclosureViewSet, basename="api-disclosure")
router.register("ballots", BallotViewSet, basename="api-ballot")

# The explaining page styles itself inline; it alone may. Its script comes from an address of its own.
_docs = csp_update({"style-src": [SELF, UNSAFE_INLINE]})(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))

urlpatterns = [
    *router.urls,
    path("ballots/<slug:survey_id>/<slug:unit_id>/", BallotViewSet.as_view({"post": "cast"}), name="api-ballot-cast"),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[IsAuthenticated]), name="api-schema"),
    path("docs/", login_required(_docs), name="api-docs"),
]

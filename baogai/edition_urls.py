"""Addresses of the work on editions, below /editions/work/: town's people only. Published ones: `notices`."""

from django.urls import path

from baogai.views.editions import drafts, press

urlpatterns = [
    path("work/", drafts.edition_work, name="edition_work"),
    path("work/new/<slug:town_code>/", drafts.new_edition, name="new_edition"),
    path("work/drafts/<slug:draft_id>/", drafts.edition_draft, name="edition_draft"),
    path("work/drafts/<slug:draft_id>/sample/<slug:paper>/file/", drafts.edition_sample, name="edition_sample"),
    path("work/drafts/<slug:draft_id>/reword/", drafts.reword_edition, name="reword_edition"),
    path("work/drafts/<slug:draft_id>/submit/", drafts.submit_edition, name="submit_edition"),
    path("work/drafts/<slug:draft_id>/return/", drafts.return_edition, name="return_edition"),
    path("work/drafts/<slug:draft_id>/drop/", drafts.drop_edition, name="drop_edition"),
    path("work/drafts/<slug:draft_id>/issue/", press.issue_edition, name="issue_edition"),
    path("work/<slug:edition_id>/", press.edition_press, name="edition_press"),
    path("work/<slug:edition_id>/papers/<slug:paper>/file/", press.edition_paper, name="edition_paper"),
    path("work/<slug:edition_id>/again/", press.press_edition_again, name="press_edition_again"),
    path("work/<slug:edition_id>/dispatch/<slug:recipient>/", press.dispatch_edition, name="dispatch_edition"),
    path("work/<slug:edition_id>/proofs/<slug:dispatch_id>/file/", press.edition_proof, name="edition_proof"),
    path("work/<slug:edition_id>/correct/", press.correct_edition, name="correct_edition"),
]

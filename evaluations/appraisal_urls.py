"""Addresses of the appraisals: the method, the score sheet, review, the firm's reply, the final score."""

from django.urls import path

from evaluations.views.appraisals import deciding, lists, replying, scoring, sheet

app_name = "appraisals"
urlpatterns = [
    path("", lists.appraisals, name="appraisals"),
    path("verify_appraisal.py", sheet.verifier, name="verifier"),
    path("method/<slug:town_code>/<slug:half_year>/", lists.method, name="method"),
    path("method/<slug:town_code>/<slug:half_year>/open/", lists.open_scoring, name="open"),
    path("method/<slug:town_code>/<slug:half_year>/gather/", lists.gather, name="gather"),
    path("<slug:public_id>/", sheet.appraisal, name="appraisal"),
    path("<slug:public_id>/score/", scoring.score, name="score"),
    path("<slug:public_id>/items/<slug:item_code>/", scoring.item, name="item"),
    path("<slug:public_id>/adjust/", scoring.adjustment, name="adjust"),
    path("<slug:public_id>/veto/", scoring.record_veto, name="veto"),
    path("<slug:public_id>/take-back/", scoring.undo, name="take_back"),
    path("<slug:public_id>/submit/", scoring.hand_in, name="submit"),
    path("<slug:public_id>/return/", deciding.give_back, name="return"),
    path("<slug:public_id>/tell/", deciding.tell, name="tell"),
    path("<slug:public_id>/reply/", replying.speak, name="reply"),
    path("<slug:public_id>/rest/", replying.end_replies, name="rest"),
    path("<slug:public_id>/replies/<slug:reply_id>/answer/", replying.answer_one, name="answer"),
    path("<slug:public_id>/final/", deciding.finish, name="final"),
    path("<slug:public_id>/correct/", deciding.start_correction, name="correct"),
    path("<slug:public_id>/recalculation/", sheet.recalculation, name="recalculation"),
    path("<slug:public_id>/inputs.json", sheet.inputs, name="inputs"),
    path("<slug:public_id>/files/<slug:file_id>/", sheet.evidence, name="evidence"),
]

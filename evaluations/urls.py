"""Addresses of the surveys: starting, voting, paper, the count's result, recounting."""

from django.urls import path

from evaluations.views import comments, ending, papers, results, starting, surveys, voting

app_name = "evaluations"
urlpatterns = [
    path("", surveys.surveys, name="surveys"),
    path("verify_survey.py", results.verifier, name="verifier"),
    path("start/<slug:town_code>/", starting.start, name="start"),
    path("start/<slug:town_code>/<slug:compound_id>/", starting.start_alone, name="start_alone"),
    path("questionnaires/<slug:town_code>/", starting.questionnaires, name="questionnaires"),
    path("comments/<slug:comment_id>/redact/", comments.redact_one, name="redact"),
    path("comments/<slug:comment_id>/release/", comments.release_one, name="release"),
    path("<slug:public_id>/", surveys.survey, name="survey"),
    path("<slug:public_id>/end/", ending.end_early, name="end_early"),
    path("<slug:public_id>/drop/", ending.drop, name="drop"),
    path("<slug:public_id>/vote/<slug:unit_id>/", voting.vote, name="vote"),
    path("<slug:public_id>/paper/", papers.paper, name="paper"),
    path("<slug:public_id>/poster.pdf", surveys.poster, name="poster"),
    path("<slug:public_id>/result/", results.result, name="result"),
    path("<slug:public_id>/decide/", results.decide_proposal, name="decide"),
    path("<slug:public_id>/list.csv", results.ballot_list, name="ballot_list"),
    path("<slug:public_id>/receipt/", results.receipt, name="receipt"),
    path("<slug:public_id>/comments/", comments.comments, name="comments"),
]

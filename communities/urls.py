"""Addresses of the ground, below /compounds/."""

from django.urls import path

from communities.views import accounts, firms, people, places, roster

app_name = "communities"
urlpatterns = [
    path("", places.compounds, name="compounds"),
    path("bodies/", people.bodies, name="bodies"),
    path("bodies/<slug:body_id>/", people.body, name="body"),
    path("posts/<slug:post_id>/appoint/", people.new_appointment, name="appoint"),
    path("appointments/<slug:appointment_id>/end/", people.end, name="end_appointment"),
    path("appointments/<slug:appointment_id>/suspend/", people.suspend_act, name="suspend"),
    path("appointments/<slug:appointment_id>/reinstate/", people.reinstate_act, name="reinstate"),
    path("people/new/", accounts.new_account, name="new_account"),
    path("people/<slug:person_id>/password/", accounts.renew, name="renew_password"),
    path("firms/", firms.firms, name="firms"),
    path("firms/new/", firms.new_firm, name="new_firm"),
    path("firms/<slug:firm_id>/", firms.firm, name="firm"),
    path("contracts/<slug:contract_id>/hand-over/", firms.hand_over_act, name="hand_over"),
    path("<slug:compound_id>/", places.compound, name="compound"),
    path("<slug:compound_id>/units/", places.units, name="units"),
    path("<slug:compound_id>/roster/", roster.roster, name="roster"),
    path("<slug:compound_id>/roster/sample.xlsx", roster.sample, name="roster_sample"),
    path("<slug:compound_id>/roster/<slug:import_id>/", roster.roster_import, name="roster_import"),
    path("<slug:compound_id>/roster/<slug:import_id>/columns/", roster.columns, name="roster_columns"),
    path("<slug:compound_id>/roster/<slug:import_id>/header/", roster.header, name="roster_header"),
    path("<slug:compound_id>/roster/<slug:import_id>/confirm/", roster.confirm_act, name="roster_confirm"),
    path("<slug:compound_id>/roster/<slug:import_id>/drop/", roster.drop_act, name="roster_drop"),
    path("<slug:compound_id>/roster/<slug:import_id>/faults.xlsx", roster.faults, name="roster_faults"),
    path("<slug:compound_id>/contracts/new/", firms.new_contract, name="new_contract"),
]

"""Addresses of what appraisals rest on and lead to: the hotline's tickets, inspections on site, rankings."""

from django.urls import path

from evaluations.views import hotline, hotline_names, inspecting, ranking

app_name = "fieldwork"
urlpatterns = [
    path("hotline/", hotline.tickets, name="tickets"),
    path("hotline/export/", hotline.tickets_export, name="tickets_export"),
    path("hotline/import/<slug:town_code>/", hotline.upload, name="ticket_upload"),
    path("hotline/import/<slug:town_code>/sample.xlsx", hotline.sample, name="ticket_sample"),
    path("hotline/names/<slug:town_code>/", hotline_names.names, name="ticket_names"),
    path("hotline/names/<slug:town_code>/forget/", hotline_names.forget, name="ticket_name_forget"),
    path("hotline/imports/<slug:ticket_import_id>/", hotline.ticket_import, name="ticket_import"),
    path("hotline/imports/<slug:ticket_import_id>/columns/", hotline.columns, name="ticket_columns"),
    path("hotline/imports/<slug:ticket_import_id>/places/", hotline.places, name="ticket_places"),
    path("hotline/imports/<slug:ticket_import_id>/confirm/", hotline.confirm_act, name="ticket_confirm"),
    path("hotline/imports/<slug:ticket_import_id>/drop/", hotline.drop_act, name="ticket_drop"),
    path("hotline/imports/<slug:ticket_import_id>/faults.xlsx", hotline.faults, name="ticket_faults"),
    path("inspections/", inspecting.inspections, name="inspections"),
    path("inspections/where/", inspecting.where, name="inspect_where"),
    path("inspections/begin/<slug:compound_id>/", inspecting.begin, name="begin_inspection"),
    path("inspections/findings/<slug:finding_id>/", inspecting.finding, name="finding"),
    path("inspections/findings/<slug:finding_id>/withdraw/", inspecting.withdraw, name="withdraw_finding"),
    path("inspections/photos/<slug:photo_id>/", inspecting.photo, name="finding_photo"),
    path("inspections/<slug:inspection_id>/", inspecting.inspection, name="inspection"),
    path("inspections/<slug:inspection_id>/record/", inspecting.record, name="record_finding"),
    path("inspections/<slug:inspection_id>/hand-in/", inspecting.hand_in_act, name="hand_in_inspection"),
    path("inspections/<slug:inspection_id>/drop/", inspecting.drop_act, name="drop_inspection"),
    path(
        "inspections/<slug:inspection_id>/findings/<slug:finding_id>/out/",
        inspecting.take_out_act,
        name="take_out_finding",
    ),
    path("ranking/", ranking.ranking, name="ranking"),
    path("ranking/firms/", ranking.firm_ranking, name="firm_ranking"),
    path("ranking/history/", ranking.history, name="history"),
    path("ranking/prices/", ranking.prices, name="prices"),
    path("ranking/export/<slug:which>/", ranking.export, name="ranking_export"),
]

from django.urls import path

from committees import views

app_name = "committees"
urlpatterns = [
    path("<slug:compound_id>/", views.board, name="board"),
    path("<slug:compound_id>/terms/new/", views.new_term, name="new_term"),
    path("terms/<slug:term_id>/filing/", views.filing, name="filing"),
    path("terms/<slug:term_id>/members/new/", views.new_seat, name="new_seat"),
    path("seats/<slug:seat_id>/leave/", views.leave, name="leave"),
]

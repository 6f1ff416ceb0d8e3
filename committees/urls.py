from django.urls import path

from committees.views import cards, register

app_name = "committees"
urlpatterns = [
    path("<slug:compound_id>/", register.board, name="board"),
    path("<slug:compound_id>/board.pdf", cards.info_board, name="info_board"),
    path("<slug:compound_id>/end/", register.end, name="end"),
    path("<slug:compound_id>/terms/new/", register.new_term, name="new_term"),
    path("terms/<slug:term_id>/filing/", register.filing, name="filing"),
    path("terms/<slug:term_id>/members/new/", register.new_seat, name="new_seat"),
    path("seats/<slug:seat_id>/leave/", register.leave, name="leave"),
    path("seats/<slug:seat_id>/card/", cards.card, name="card"),
    path("seats/<slug:seat_id>/portrait/", cards.portrait, name="portrait"),
]

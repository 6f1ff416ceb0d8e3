"""Addresses of the books and of disclosures; included at the root, each part has its own first word."""

from django.urls import URLPattern, URLResolver, include, path

from finance.views import (
    accounts,
    booking,
    disclosures,
    entries,
    late_corrections,
    ledger,
    public,
    statements,
    take_backs,
)

app_name = "finance"

account_patterns = [
    path("", ledger.account, name="account"),
    path("entries.xlsx", ledger.export, name="account_export"),
    path("close/", accounts.close, name="close_account"),
    path("opening-proof/", accounts.opening_proof, name="opening_proof"),
    path("enter/", entries.enter, name="enter"),
    path("lines/", booking.lines, name="lines"),
    path("statements/", statements.statements, name="statements"),
    path("statements/upload/", statements.upload, name="upload_statement"),
    path("statements/nil/", statements.nil, name="nil_statement"),
]

book_patterns: list[URLPattern | URLResolver] = [
    path("", accounts.accounts, name="accounts"),
    path("open/<slug:public_id>/", accounts.open_for, name="open_account"),
    path("accounts/<slug:public_id>/", include(account_patterns)),
    path("entries/<slug:public_id>/", entries.entry, name="entry"),
    path("entries/<slug:public_id>/reverse/", entries.reverse, name="reverse"),
    path("entries/<slug:public_id>/correct/", entries.correct, name="correct"),
    path("entries/<slug:public_id>/vouchers/", entries.add_vouchers, name="add_vouchers"),
    path("vouchers/<slug:public_id>/", entries.voucher, name="voucher"),
    path("vouchers/<slug:public_id>/publicity/", entries.voucher_publicity, name="voucher_publicity"),
    path("vouchers/<slug:public_id>/take-back/", take_backs.take_back, name="take_back"),
    path("vouchers/<slug:public_id>/take-back/ask/", take_backs.ask, name="ask_take_back"),
    path("vouchers/<slug:public_id>/take-back/decide/", take_backs.decide, name="decide_take_back"),
    path("lines/<slug:public_id>/", booking.line, name="line"),
    path("lines/<slug:public_id>/split/", booking.split, name="split_line"),
    path("uploads/<slug:public_id>/", statements.look, name="statement_upload"),
    path("uploads/<slug:public_id>/confirm/", statements.confirm, name="confirm_statement"),
    path("statements/<slug:public_id>/", statements.statement, name="statement"),
    path("statements/<slug:public_id>/withdraw/", statements.withdraw, name="withdraw_statement"),
    path("statements/<slug:public_id>/file/", statements.statement_file, name="statement_file"),
]

work_patterns = [
    path("", disclosures.work, name="draft"),
    path("start/", disclosures.start, name="draft_start"),
    path("correct/", disclosures.correct, name="draft_correct"),
    path("edit/", disclosures.edit, name="draft_edit"),
    path("reconcile/line/", disclosures.list_line, name="draft_list_line"),
    path("reconcile/sum/", disclosures.list_sum, name="draft_list_sum"),
    path("reconcile/<slug:item_id>/drop/", disclosures.unlist, name="draft_unlist"),
    path("submit/", disclosures.submit, name="draft_submit"),
    path("review/", disclosures.review, name="draft_review"),
    path("return/", disclosures.send_back, name="draft_return"),
    path("discard/", disclosures.discard, name="draft_discard"),
    path("publish/", disclosures.publish, name="draft_publish"),
    path("countersign/", disclosures.countersign, name="draft_countersign"),
]

disclosure_patterns: list[URLPattern | URLResolver] = [
    path("", public.disclosures, name="disclosures"),
    path("corrections/", late_corrections.corrections, name="late_corrections"),
    path("work/<slug:public_id>/", include(work_patterns)),
    path("check/<slug:public_id>/", public.check, name="check"),
    path("<slug:public_id>/", public.disclosure, name="disclosure"),
    path("<slug:public_id>/poster.pdf", public.poster, name="poster"),
    path("<slug:public_id>/figures.xlsx", public.spreadsheet, name="spreadsheet"),
    path("<slug:public_id>/postings/", disclosures.posting, name="posting"),
    path("<slug:public_id>/photos/<slug:posting_id>/", public.photo, name="posting_photo"),
]

urlpatterns = [
    path("books/", include(book_patterns)),
    path("disclosures/", include(disclosure_patterns)),
]

"""The parts pages are made of. Each renders one small template of templates/parts; loaded into every template."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Any

from django import forms, template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from accounts.services import note_refusal
from baogai.typed import fill_in
from kernel import days
from supervision.models import Obligation

register = template.Library()

_ICON_FOLDER = settings.NODE_MODULES / "bootstrap-icons" / "icons"
_ICON_NAME = re.compile(r"[a-z0-9-]+")
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_STATE_ICONS = {"late": "exclamation-circle", "soon": "clock", "done": "check-circle", "calm": "dash-circle"}
_SOON_DAYS = 7
_BAR_WIDTH = 1000


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    """The inside of an icon's SVG, read once; nothing where the icons are not installed."""
    if not _ICON_NAME.fullmatch(name):
        raise template.TemplateSyntaxError(f"{name!r} is no icon's name")
    file = _ICON_FOLDER / f"{name}.svg"
    found = _DRAWING.search(file.read_text(encoding="utf-8")) if file.exists() else None
    return " ".join(found.group(1).split()) if found else ""


@register.simple_tag
def icon(name: str) -> SafeString:
    """A Bootstrap icon drawn in the page itself, hidden from screen readers: the word stands beside it."""
    drawing = _drawing(name)
    return mark_safe(f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">{drawing}</svg>' if drawing else "")


# -- States ----------------------------------------------------------------------------------------------------


def _chip(state: str, words: str, symbol: str = "") -> dict[str, str]:
    return {"state": state, "words": words, "symbol": symbol or _STATE_ICONS[state]}


def due_chip_of(due_on: date, on: date) -> dict[str, str]:
    """How a coming or passed day looks: late is red, within a week amber, later calm."""
    left = days.days_left(due_on, on)
    if left < 0:
        return _chip("late", days.days_left_words(due_on, on))
    return _chip("soon" if left <= _SOON_DAYS else "calm", days.days_left_words(due_on, on), "clock")


def obligation_chip_of(obligation: Obligation, on: date) -> dict[str, str]:
    """How an obligation stands on a day, in icon, words and colour."""
    if obligation.released_on is not None:
        return _chip("calm", "已解除")
    if obligation.fulfilled_at is not None:
        done_on = days.local_day(obligation.fulfilled_at)
        late_by = (done_on - obligation.deadline_on).days
        return _chip("soon", f"逾期 {late_by} 天完成", "check-circle") if late_by > 0 else _chip("done", "按期完成")
    return due_chip_of(obligation.deadline_on, on)


@register.inclusion_tag("parts/chip.html")
def chip(state: str, words: str, symbol: str = "") -> dict[str, str]:
    """A state in icon, word and colour. `state` is late, soon, done or calm."""
    return _chip(state, words, symbol)


@register.inclusion_tag("parts/chip.html", takes_context=True)
def due_chip(context: Context, due_on: date) -> dict[str, str]:
    """The days left until a day, in words."""
    return due_chip_of(due_on, context["today"])


@register.inclusion_tag("parts/obligation_chip.html", takes_context=True)
def obligation_chip(context: Context, obligation: Obligation) -> dict[str, Any]:
    """How an obligation stands today, with 已发布、未张贴 and 逾期更正 where they apply."""
    return {
        "chip": obligation_chip_of(obligation, context["today"]),
        "unposted": obligation.is_open and obligation.progress == Obligation.Progress.UNPOSTED,
        "corrected_late": obligation.corrected_late_at is not None,
    }


@register.inclusion_tag("parts/todo_line.html", takes_context=True)
def todo_line(
    context: Context,
    title: str,
    *,
    url: str,
    action: str,
    due_on: date | None = None,
    detail: str = "",
    clause: str = "",
    is_main: bool = False,
) -> dict[str, Any]:
    """One thing to do: days left, title, why, and the one button that starts it. Stands inside `<ul class="todo">`."""
    return {
        "chip": due_chip_of(due_on, context["today"]) if due_on else _chip("calm", "待办", "inbox"),
        "title": title,
        "detail": detail,
        "clause": clause,
        "url": url,
        "action": action,
        "is_main": is_main,
    }


# -- Pictures --------------------------------------------------------------------------------------------------


@register.inclusion_tag("parts/bars.html")
def bars(
    rows: Iterable[tuple[str, Decimal | int | float, str]], most: Decimal | int | None = None, kind: str = "in"
) -> dict[str, Any]:
    """Horizontal bars from (label, value, words); `most` is the full width, else the greatest value.

    `kind` is in (accent) or out (brown). Words stand beside each bar, so that the picture is its own table.
    """
    listed = list(rows)
    values = [Fraction(value) for _, value, _ in listed]
    full = Fraction(most or max(values, default=0))
    widths = [max(0, min(_BAR_WIDTH, int(_BAR_WIDTH * value / full))) if full else 0 for value in values]
    return {
        "kind": kind,
        "rows": [{"label": row[0], "words": row[2], "width": width} for row, width in zip(listed, widths, strict=True)],
    }


#: Where a scatter's field lies in its drawing of 400 × 280.
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 392, 20, 236
_LEVELS = (60, 80, 90, 100)
_CELLS = 90
_SMALLEST_DOT, _LARGEST_DOT = 3, 11


@register.inclusion_tag("parts/scatter.html")
def scatter(points: Sequence[tuple[Decimal, Decimal]], x: str, y: str) -> dict[str, Any]:
    """Scores up to 100 over amounts from 0, one dot a place, the larger the more points share it.

    So a picture of ten thousand has no more dots than cells. The scores begin at 50, or lower where one is. Its table
    must stand beside it.
    """
    lowest = min([50, *(int(score) // 10 * 10 for _, score in points)])
    most = max((amount for amount, _ in points), default=Decimal(0))
    step = next((s for s in _STEPS if most <= 5 * s), _STEPS[-1])
    full = step * max(1, -int(-most // step))
    width, height = _RIGHT - _LEFT, _BOTTOM - _TOP
    cells = Counter((int(_CELLS * amount / full), int(score)) for amount, score in points)
    dots = [
        {
            "x": _LEFT + width * column // _CELLS,
            "y": _BOTTOM - height * (score - lowest) // (100 - lowest),
            "r": min(_LARGEST_DOT, _SMALLEST_DOT + isqrt(count - 1)),
        }
        for (column, score), count in sorted(cells.items())
    ]
    return {
        "x": x,
        "y": y,
        "words": f"{len(points)} 个点，横轴 0 到 {full}",
        "dots": dots,
        "levels": [
            {"at": _BOTTOM - height * (level - lowest) // (100 - lowest), "words": level}
            for level in (lowest, *_LEVELS)
            if level >= lowest
        ],
        "ticks": [{"at": _LEFT + int(width * n * step / full), "words": n * step} for n in range(int(full / step) + 1)],
        "left": _LEFT,
        "left_text": _LEFT - 5,
        "right": _RIGHT,
        "top": _TOP,
        "bottom": _BOTTOM,
        "middle": (_LEFT + _RIGHT) // 2,
    }


#: How far apart the marks of the horizontal axis may stand: at most five of them.
_STEPS = tuple(Decimal(digit) * Decimal(10) ** power for power in range(-1, 8) for digit in (1, 2, 5))


@register.inclusion_tag("parts/stepper.html")
def stepper(labels: Sequence[str], current: int) -> dict[str, Any]:
    """The steps of a task; `current` counts from 0, and equals the number of steps when all is done."""
    states = ["is-done" if at < current else "is-now" if at == current else "" for at in range(len(labels))]
    return {"steps": list(zip(labels, states, strict=True))}


@register.inclusion_tag("parts/progress.html")
def progress(
    done: int,
    total: int,
    url: str,
    *,
    label: str,
    finished: bool = False,
    note: str = "可以离开本页，办完会在“消息”里告诉您。",
) -> dict[str, Any]:
    """A job's progress. Reloads itself from `url` by htmx; without JavaScript the page's refresh link does."""
    return {"done": done, "total": total, "url": url, "label": label, "finished": finished, "note": note}


# -- Lists -----------------------------------------------------------------------------------------------------


@register.inclusion_tag("parts/filter_bar.html", takes_context=True)
def filter_bar(
    context: Context,
    form: BaseForm,
    action: str = "筛选",
    *,
    fold: bool = True,
    clear: str = "",
    is_private: bool = False,
) -> dict[str, Any]:
    """A GET form whose fields live in the address; 清除 drops them all. On the phone it folds.

    `clear` is where 清除 leads if not to the bare address, which may stand for a filter of the person's own.
    One that `is_private` asks for people by name: it is sent, so that no name stands in an address (PRIV-01).
    """
    request = context["request"]
    names = {field.html_name for field in form}
    kept = [(key, value) for key in ("sort", "day") if key not in names for value in request.GET.getlist(key)]
    used = any((form.data if is_private else request.GET).get(name) for name in names)
    path = request.path
    return {
        "form": form,
        "path": path,
        "clear": f"{path}{clear}",
        "kept": kept,
        "used": used,
        "action": action,
        "fold": fold,
        "is_private": is_private,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("parts/pagination.html", takes_context=True)
def pagination(context: Context, page: Page, unit: str = "条") -> dict[str, Any]:
    """Where in the list one is, and the way on; filters and order stay in the address."""
    paginator = page.paginator
    return {
        "request": context["request"],
        "page": page,
        "unit": unit,
        "numbers": list(paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)),
        "ellipsis": paginator.ELLIPSIS,
    }


@register.inclusion_tag("parts/sort_link.html", takes_context=True)
def sort_link(context: Context, key: str, label: str) -> dict[str, Any]:
    """A column head that sorts by `?sort=key`, and backwards by `?sort=-key`."""
    request = context["request"]
    now = request.GET.get("sort", "")
    return {
        "request": request,
        "label": label,
        "next": f"-{key}" if now == key else key,
        "arrow": {key: "caret-up-fill", f"-{key}": "caret-down-fill"}.get(now, "chevron-expand"),
        "words": {key: "（升序）", f"-{key}": "（降序）"}.get(now, ""),
    }


# -- Forms -----------------------------------------------------------------------------------------------------

_SHAPES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "choices"),
    (forms.RadioSelect, "choices"),
    (forms.CheckboxInput, "tick"),
    (forms.Select, "select"),
    (forms.Widget, "input"),
)
_CLASSES = {"input": "form-control", "select": "form-select", "tick": "", "choices": ""}


def _prepare(widget: forms.Widget) -> None:
    """Days are picked from the browser's own calendar, in the form it expects."""
    if isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    if isinstance(widget, forms.TimeInput):
        widget.input_type, widget.format = "time", "%H:%M"


def _describe(field: BoundField) -> dict[str, str]:
    told = [f"{field.auto_id}_hint"] if field.help_text else []
    told += [f"{field.auto_id}_error"] if field.errors else []
    attrs = {"aria-describedby": " ".join(told)} if told else {}
    return attrs | ({"aria-invalid": "true"} if field.errors else {})


@register.inclusion_tag("parts/field.html")
def form_field(field: BoundField, label: str = "") -> dict[str, Any]:
    """One field: label, hint, message, control. The control's look follows from its widget."""
    fill_in(field)
    widget = field.field.widget
    shape = next(shape for kind, shape in _SHAPES if isinstance(widget, kind))
    _prepare(widget)
    attrs = {"class": f"{_CLASSES[shape]} {widget.attrs.get('class', '')}".strip(), **_describe(field)}
    return {
        "field": field,
        "shape": shape,
        "label": label or field.label,
        "control": "" if shape == "choices" else field.as_widget(attrs={k: v for k, v in attrs.items() if v}),
        "options": list(field) if shape == "choices" else (),
        "optional": not field.field.required and shape != "tick",
    }


@register.inclusion_tag("parts/error_summary.html")
def error_summary(*forms_shown: BaseForm) -> dict[str, Any]:
    """Everything that must be put right, on top of the page, each line a link to its field."""
    lines: list[tuple[str, str, str]] = []
    for form in forms_shown:
        lines += [("", "", str(message)) for message in form.non_field_errors()]
        lines += [(field.auto_id, str(field.label), str(message)) for field in form for message in field.errors]
    for _, label, message in lines:
        note_refusal(f"{label}：{message}" if label else message)
    return {"lines": lines}


@register.inclusion_tag("parts/form_body.html")
def form_body(form: BaseForm) -> dict[str, Any]:
    """The error summary and every field of a form, in order; the `<form>` and its buttons are the page's own."""
    return {"form": form}

"""What a phone needs to put the portal on its home screen: name, colours, icons. No service worker, nothing offline."""

from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

#: static/baogai.css --accent-dark and --paper.
THEME, GROUND = "#093f4b", "#f5f4f0"
_ICONS = (
    ("icons/icon-192.png", 192, "any"),
    ("icons/icon-512.png", 512, "any"),
    ("icons/maskable-512.png", 512, "maskable"),
)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view takes a request
    return JsonResponse(
        {
            "id": "/",
            "name": "宝盖镇住宅小区物业监督",
            "short_name": "宝盖小区",
            "lang": "zh-CN",
            "dir": "ltr",
            "start_url": "/desk/",
            "scope": "/",
            "display": "minimal-ui",
            "theme_color": THEME,
            "background_color": GROUND,
            "icons": [
                {"src": static(path), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
                for path, side, purpose in _ICONS
            ],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )

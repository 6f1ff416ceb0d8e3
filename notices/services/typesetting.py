"""Sets a paper's HTML as PDF. The only module that imports WeasyPrint, whose libraries a machine may lack."""

from typing import Any

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from notices.services.printing import ASSETS, Pictures, PrintingError, asset


class ForbiddenAddressError(FatalURLFetchingError):
    """Inside the printer: a paper pointed at something that is not one of the named assets."""


class AssetFetcher(URLFetcher):
    """Serves the named packaged assets and the paper's own pictures, and raises for every other address.

    No network, no file, no data.
    """

    def __init__(self, pictures: Pictures) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._pictures = pictures

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url in self._pictures:
            content_type, content = self._pictures[url]
            return URLFetcherResponse(url, body=content, headers={"Content-Type": content_type})
        if url not in ASSETS:
            raise ForbiddenAddressError(f"a paper may not fetch {url}")
        return URLFetcherResponse(url, body=asset(url), headers={"Content-Type": ASSETS[url][1]})


def render_pdf(html: str, pictures: Pictures) -> bytes:
    """A tagged PDF from the house's own HTML, fonts embedded. Raises PrintingError where it names a foreign address."""
    try:
        document = HTML(string=html, base_url=None, url_fetcher=AssetFetcher(pictures))
        result: bytes = document.write_pdf(font_config=FontConfiguration(), pdf_tags=True)
    except ForbiddenAddressError as refused:
        raise PrintingError(str(refused)) from refused
    return result

"""Make content from providers safe for pages and API responses: no scripts, and only web addresses."""

import logging
import re

import nh3
from django.utils.safestring import SafeString, mark_safe

from edx_proctoring.types import JSON

log = logging.getLogger(__name__)

# An address with a scheme must be http(s) and name a host; one without a scheme is relative to the site that shows it.
# Spaces may follow the host, as in file names.
WEB_ADDRESS = re.compile(
    r"(https?://(?=[^\s/?#]+([/?#]|$))|(?![^/?#]*:))([^\s\\\x00-\x1f\x7f]| )+", re.IGNORECASE
)
SCHEMES = {"http", "https", "mailto", "tel"}
ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"dir", "lang", "role", "title"},
    "a": {*nh3.ALLOWED_ATTRIBUTES["a"], "target"},
}


def web_address(url: object) -> str | None:
    """Return the address, or None for one that a browser must not follow, such as `javascript:…`."""
    address = url.strip(" ") if isinstance(url, str) else ""
    if not address:
        return None
    if WEB_ADDRESS.fullmatch(address):
        return address.replace(" ", "%20")
    log.warning("provider's address ignored, it is not a web address")
    return None


def html(text: object) -> SafeString:
    """Return the text as HTML without anything that could run or load scripts."""
    cleaned = nh3.clean(
        str(text),
        attributes=ATTRIBUTES,
        generic_attribute_prefixes={"aria-"},
        url_schemes=SCHEMES,
    )
    return mark_safe(cleaned)  # noqa: S308  sanitised above


def instructions(given: object) -> list[SafeString]:
    """Return the steps for learners as HTML; none if the provider did not send a list."""
    return [html(step) for step in given] if isinstance(given, list | tuple) else []


def configuration(value: JSON, name: str = "") -> JSON:
    """Clean a provider's configuration: markup at any depth is sanitised, other texts stay, addresses are web addresses
    or null.
    """
    if isinstance(value, dict):
        return {key: configuration(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [configuration(one, name) for one in value]
    if not isinstance(value, str):
        return value
    if name.lower().endswith(("url", "link")):
        return web_address(value) if value else value
    return str(html(value)) if nh3.is_html(value) else value

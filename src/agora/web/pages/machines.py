"""What programs ask for: the map for search engines, the contact for security, static files."""

import mimetypes
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from agora.rendering import static_version
from agora.resources import folder
from agora.rules.errors import NotFound
from agora.store import public_lists
from agora.web import cache
from agora.web.context import Context, whole_number

# Ids in one part of the sitemap: 50,000 are allowed (sitemaps.org), but nobody should wait for so many.
MAP_SIZE = 1_000

mimetypes.add_type("font/woff2", ".woff2")


def robots(context: Context) -> Response:
    lines = [
        "User-agent: *",
        "Disallow: /admin",
        "Disallow: /my/",
        "Disallow: /sign-in",
        "Disallow: /comments/",
        "Disallow: /search",
    ]
    return PlainTextResponse("\n".join([*lines, f"Sitemap: {context.address('sitemap')}"]) + "\n")


def security(context: Context) -> Response:
    """RFC 9116. Absent while no contact is given at the desk."""
    contact = context.site.contact
    if not contact:
        raise NotFound()
    # Expires is asked for; whole months keep the file the same for everyone.
    expires = (context.now + timedelta(days=330)).strftime("%Y-%m-01T00:00:00Z")
    languages = "fr, en" if context.settings.language == "fr" else "en, fr"
    canonical = context.address("security")
    return PlainTextResponse(
        f"Contact: mailto:{contact}\nExpires: {expires}\nPreferred-Languages: {languages}\nCanonical: {canonical}\n"
    )


def sitemap(context: Context) -> Response:
    """All posts, or the list of the parts where they are (sitemaps.org)."""
    parts = public_lists.count_maps(context.session, size=MAP_SIZE)
    if parts <= 1:
        return _map(context, 1)
    locations = [context.address("sitemap_part", part=part) for part in range(1, parts + 1)]
    return Response(context.encoded("feeds/sitemap-index.xml", parts=locations), media_type="application/xml")


def sitemap_part(context: Context) -> Response:
    part = whole_number(context.path("part"))
    if not part or part > public_lists.count_maps(context.session, size=MAP_SIZE):
        raise NotFound()
    return _map(context, part)


def _map(context: Context, part: int) -> Response:
    found = public_lists.addresses_for_map(context.session, part=part, size=MAP_SIZE)
    xml = context.encoded(
        "feeds/sitemap.xml",
        with_home=part == 1,
        posts=[(quote(context.address("post", slug=slug), safe=":/"), changed) for slug, changed in found],
    )
    return Response(xml, media_type="application/xml")


async def static(request: Request) -> Response:
    """A file of the static folder. The address holds a hash, so that what is right now is right for ever."""
    root = folder("static").resolve()
    try:
        path = Path(root, request.path_params["path"]).resolve()
        found = path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        found = False
    if not found:
        raise HTTPException(404)
    right = request.path_params["version"] == static_version()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, headers={"Cache-Control": cache.FOR_EVER if right else "no-cache"})

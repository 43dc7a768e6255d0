"""The picture of a product: the seller's drawing, or a neutral one where there is none."""

from html import escape

# A drawing is shown by <img>, where scripts do not run; opened on its own it may load and run nothing either.
PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "public, max-age=300",  # and then its ETag: a seller puts another one in its place, or hides it
    "X-Content-Type-Options": "nosniff",
}


def placeholder(title: str, category: str | None) -> str:
    """A quiet parcel with the category's name, for products that came without a picture."""
    label = escape(category or "No picture yet")
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img" aria-label="{escape(title)}">
<rect width="400" height="400" fill="#f3ebdf"/>
<g fill="none" stroke="#b9a68c" stroke-width="6" stroke-linejoin="round" stroke-linecap="round">
<path d="M100 150 200 105l100 45v110l-100 45-100-45z"/><path d="M100 150l100 45 100-45M200 195v110"/>
<path d="M150 127l100 45v38"/></g>
<text x="200" y="356" font-family="Georgia, serif" font-size="20" fill="#7b6a52" text-anchor="middle">{label}</text></svg>"""

"""A page that lists several read studies with their pictures and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .plain_text import clean_text

__all__ = ["to_index_html"]

_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.notice { border-left: 4px solid #d55e00; padding-left: .8rem; }
article { margin: 2.5rem 0; }
img { max-width: 100%; background: #000; }
.source { opacity: .75; font-size: .85rem; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p class="notice"><strong>Research use only.</strong> Not a medical device.</p>
{% for entry in entries %}
<article>
<h2>{{ entry.title }}</h2>
<p>Read as: {{ entry.seen }}. {{ entry.result }}
{% if entry.report %}<a href="{{ entry.report }}">Open the drafted report</a>
(<a href="{{ entry.report_zh }}" hreflang="zh-CN" lang="zh-CN">中文</a>){% endif %}</p>
<img src="{{ entry.picture }}" alt="{{ entry.title }}">
<p class="source">{{ entry.attribution }}</p>
</article>
{% endfor %}
</body>
</html>
"""


def to_index_html(title: str, entries: Sequence[Mapping[str, str]]) -> str:
    """Render the page.

    Parameters
    ----------
    title : str
    entries : sequence of mapping
        Each with ``title``, ``seen``, ``result``, ``attribution``, ``picture``, ``report``, ``report_zh``
        (relative paths; an empty report: none was drafted). Everything is escaped.
    """
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    cleaned = [{key: clean_text(value) for key, value in entry.items()} for entry in entries]
    return environment.from_string(_TEMPLATE).render(title=clean_text(title), entries=cleaned)

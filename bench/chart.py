"""The figures of run.py as a picture: a line for each statement, a mark for each implementation, in SVG.

The axis is logarithmic: what counts are ratios, and equal ratios are equal distances on it.
"""

import math
from xml.sax.saxutils import escape

# What is drawn, and how: cdeffi's own marks are filled, the others are rings.
SERIES = [("ours", "cdeffi", "#0b6e4f", True), ("kept", "cdeffi, GIL kept", "#6fb98f", True),
          ("api", "cffi, compiled (API mode)", "#c8553d", False), ("abi", "cffi, in-line (ABI mode)", "#e0a458", False),
          ("ctypes", "ctypes", "#5b7db1", False)]

LABELS, PLOT, RIGHT = 300, 560, 30  # widths
ROW, TOP, GROUP = 20, 64, 34  # heights


def bounds(rows):
    """Powers of ten around all figures, in ns."""
    figures = [ns for _, cells in rows for ns in cells.values() if ns > 0]
    low, high = math.floor(math.log10(min(figures))), math.ceil(math.log10(max(figures)))
    return low, max(high, low + 1)


def text(x, y, words, size=12, anchor="start", fill="#222", weight="normal"):
    return '<text x="%.1f" y="%.1f" font-size="%d" text-anchor="%s" fill="%s" font-weight="%s">%s</text>' % (
        x, y, size, anchor, fill, weight, escape(words))


def line(x1, y1, x2, y2, colour):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>' % (x1, y1, x2, y2, colour)


def mark(x, y, colour, filled, title):
    return '<circle cx="%.1f" cy="%.1f" r="4.5" fill="%s" stroke="%s" stroke-width="2"><title>%s</title></circle>' % (
        x, y, colour if filled else "#fff", colour, escape(title))


def unit(ns):
    return "%g ns" % ns if ns < 1000 else "%g µs" % (ns / 1000) if ns < 1000000 else "%g ms" % (ns / 1000000)


def legend():
    parts, x = [], 16.0
    for _, name, colour, filled in SERIES:
        parts += [mark(x, 40, colour, filled, name), text(x + 10, 44, name)]
        x += 28 + 6.6 * len(name)
    return parts


def svg(groups, subtitle):
    """GROUPS: title -> list of (statement, {implementation: ns}). The whole file as a str."""
    drawn = {key for key, *_ in SERIES}
    groups = {title: [(name, {k: ns for k, ns in cells.items() if k in drawn}) for name, cells in rows]
              for title, rows in groups.items()}
    low, high = bounds([row for rows in groups.values() for row in rows])
    bottom = TOP + sum(GROUP + ROW * len(rows) for rows in groups.values()) + 6

    def at(ns):
        return LABELS + PLOT * (math.log10(ns) - low) / (high - low)

    parts = [text(16, 22, "Time of one statement, less is better: " + subtitle, 14, weight="bold")] + legend()
    for power in range(low, high + 1):
        parts += [line(at(10.0 ** power), TOP, at(10.0 ** power), bottom, "#ddd"),
                  text(at(10.0 ** power), bottom + 16, unit(10.0 ** power), anchor="middle", fill="#555")]
    y = TOP
    for title, rows in groups.items():
        parts.append(text(16, y + 22, title, 13, weight="bold"))
        y += GROUP
        for name, cells in rows:
            parts += [text(LABELS - 12, y + 4, name, anchor="end"), line(LABELS, y, LABELS + PLOT, y, "#eee")]
            # Ours last, on top of the others.
            parts += [mark(at(cells[key]), y, colour, filled, "%s: %.0f ns" % (label, cells[key]))
                      for key, label, colour, filled in reversed(SERIES) if cells.get(key, 0) > 0]
            y += ROW
    width, height = LABELS + PLOT + RIGHT, bottom + 28
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
            'font-family="sans-serif">\n<rect width="100%%" height="100%%" fill="#fff"/>\n%s\n</svg>\n'
            % (width, height, width, height, "\n".join(parts)))

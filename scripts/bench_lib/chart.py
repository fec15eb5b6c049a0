# SPDX-License-Identifier: MIT
"""A bar chart of the comparison, as one SVG that follows the reader's light or dark."""

import html

from .report import seconds
from .rounds import OURS

WIDTH, ROW, BAR = 860, 24, 16
LABELS, VALUES, GAP = 236, 96, 20
PLOT = (WIDTH - LABELS - 2 * VALUES - GAP) // 2
# Longer bars are cut: one slow peer would make all the others look alike.
CUT = 6.0

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; } .ours { font-weight: 600; }
.soft { fill: #59636e; font-size: 12px; }
.bar { fill: #8c959f; } .bar.raw { fill: none; stroke: #8c959f; stroke-width: 1.5; }
.bar.ours { fill: #0969da; } .cut { stroke: #ffffff; stroke-width: 3; }
.ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .soft { fill: #9198a1; }
  .bar { fill: #7d8590; } .bar.raw { fill: none; stroke: #7d8590; } .bar.ours { fill: #4493f8; }
  .cut { stroke: #0d1117; } .ground { fill: #0d1117; }
}
"""


def text(x, y, words, kind="", anchor="start"):
    return (f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">'
            f'{html.escape(words)}</text>')


def bar(x, y, value, ours, longest, kind):
    """One bar with its time, and how many times ours it is."""
    width = max(2, round(PLOT * min(value, longest) / longest))
    inset = 0.75 if "raw" in kind else 0
    yield (f'<rect x="{x + inset}" y="{y + inset}" width="{width - 2 * inset}" '
           f'height="{BAR - 2 * inset}" rx="2" class="bar {kind}"/>')
    if value > longest:
        at = x + width - 14
        yield f'<path class="cut" d="M{at} {y + BAR + 2}l6 {-BAR - 4}"/>'
    label = seconds(value) + ("" if "ours" in kind else f" · {times(value / ours)}")
    yield text(x + width + 6, y + BAR - 3, label, "ours" if "ours" in kind else "")


def times(ratio):
    return f"{ratio:.2f}×" if ratio < 1 else f"{ratio:.1f}×"


def scale(results, what, names):
    """What the longest bar stands for."""
    return min(CUT * results.seconds(OURS, what),
               max(results.seconds(name, what) for name in names))


def chart(results, peers, title, subtitle):
    ran = sorted((peer for peer in peers if results.has(peer.name, "create")),
                 key=lambda peer: results.seconds(peer.name, "create"))
    rows = [(OURS, "ours")] + [(peer.name, "" if peer.consistent else "raw") for peer in ran]
    top = 78
    height = top + ROW * len(rows) + 58
    left, right = LABELS, LABELS + PLOT + VALUES + GAP
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
             f'role="img" aria-label="{html.escape(title)}">',
             f"<title>{html.escape(title)}</title>", f"<style>{STYLE}</style>",
             f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',
             text(16, 26, title, "title"), text(16, 45, subtitle, "soft"),
             text(left, top - 10, "create", "ours"), text(right, top - 10, "restore", "ours")]
    for place, (name, kind) in enumerate(rows):
        y = top + ROW * place
        lines.append(text(left - 10, y + BAR - 3, name, kind, "end"))
        for x, what in ((left, "create"), (right, "restore")):
            lines += bar(x, y, results.seconds(name, what), results.seconds(OURS, what),
                         scale(results, what, [row[0] for row in rows]), kind)
    lines.append(text(16, height - 32, "Shorter is better. Hollow bars copy the live database file "
                      "as it is: no consistent backup while somebody writes.", "soft"))
    lines.append(text(16, height - 14, "The restore of a2a-backup proves the backup, replaces a "
                      "live system, and keeps the old state for undo; the others extract.", "soft"))
    return "\n".join([*lines, "</svg>", ""])

# SPDX-License-Identifier: MIT
"""The tables, as Markdown that can be read as it is."""

from .rounds import OURS


def table(rows):
    """Rows of cells; the first is the head, and the columns without numbers are aligned left."""
    left = [not any(c.isdigit() for c in rows[1][i][:1]) for i in range(len(rows[0]))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) if left[i] else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))) + " |"
             for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) if left[i] else "-" * (width + 1) + ":"
                                   for i, width in enumerate(widths)) + "|")
    return "\n".join(lines)


def seconds(value):
    return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"


def mebibytes(value):
    return f"{value / 2**20:.0f} MiB"


HEAD = ("", "consistent", "create", "ours = 1", "CPU", "archive", "memory", "restore", "ours = 1",
        "CPU", "memory", "spread", "verifies on restore")


def row(results, name, consistent, verifies):
    def ratio(kind):
        return f"{results.seconds(name, kind) / results.seconds(OURS, kind):.2f}"

    bold = "**" if name == OURS else ""
    spread = max(results.spread(name, kind) for kind in ("create", "restore"))

    def measured(kind):
        return (seconds(results.seconds(name, kind)), ratio(kind),
                seconds(results.cpu_seconds(name, kind)))

    return (bold + name.replace("|", "\\|") + bold, "yes" if consistent else "no",
            *measured("create"), f"{results.sizes[name] / 1e6:.1f} MB",
            mebibytes(results.peak(name, ["create"])), *measured("restore"),
            mebibytes(results.peak(name, ["restore"])), f"{100 * spread:.0f} %", verifies)


def comparison(results, peers):
    ran = sorted((peer for peer in peers if results.has(peer.name, "create")),
                 key=lambda peer: results.seconds(peer.name, "create"))
    rows = [HEAD, row(results, OURS, True, "everything, before writing")]
    rows += [row(results, peer.name, peer.consistent, peer.verifies) for peer in ran]
    return table(rows)


def notes(results, peers):
    times = [results.seconds(peer.name, "restore") for peer in peers]
    ours = results.seconds(OURS, "restore_to")
    yield ("a2a-backup restore --to an empty folder, which is what the others do, proven: "
           f"{seconds(ours)}, {mebibytes(results.peak(OURS, ['restore_to']))}"
           + (f", {ours / min(times):.2f} times the fastest extraction." if times else "."))
    again = [name for name in [OURS, *(peer.name for peer in peers)] if results.has(name, "again")]
    yield "A second create of unchanged data: " + ", ".join(
        f"{name} {seconds(results.seconds(name, 'again'))}" for name in again) + "."


def growth(rows):
    return table([("database", "JSON", "create", "memory", "verify", "memory", "restore", "memory",
                   "archive")] +
                 [(f"{row['database_bytes'] / 1e6:,.0f} MB", f"{row['json_bytes'] / 1e6:,.0f} MB",
                   *(cell for kind in ("create", "verify", "restore")
                     for cell in (seconds(row[kind]["seconds"]),
                                  mebibytes(row[kind]["peak_bytes"]))),
                   f"{row['archive_bytes'] / 1e6:,.1f} MB") for row in rows])

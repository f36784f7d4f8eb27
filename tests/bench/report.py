"""What was measured, and on what: a table for people, JSON for programs."""

import json
import os
import platform
import statistics

COLUMNS = "{:<8} {:>8} {:>8} {:>8} {:>9}  {:>9}  {:>8}  {:>7}"


def machine(store):
    """Where it ran: figures mean little without it."""
    with open("/proc/meminfo", encoding="ascii") as file:
        memory_kib = int(file.readline().split()[1])
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.partition(":")[2].strip() for line in file
                  if line.startswith("model name")]
    return {"cpus": os.cpu_count(), "cpu": models[0] if models else "unknown",
            "kernel": platform.release(), "memory_bytes": memory_kib * 1024,
            "file_system": _file_system(store), "load_average": os.getloadavg()}


def _file_system(path):
    """The type of the file system that holds `path`; tmpfs is memory."""
    best, kind = "", "unknown"
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            fields, _, rest = line.partition(" - ")
            point = fields.split()[4]
            is_above = (path + "/").startswith(point.rstrip("/") + "/")
            if is_above and len(point) >= len(best):
                best, kind = point, rest.split()[0]
    return kind


def summary(runs):
    """Per tool: seconds, median CPU seconds, and the highest peak."""
    tools = {}
    for run in runs:
        tools.setdefault(run["tool"], []).append(run)
    return {tool: {
        "min": min(run["seconds"] for run in own),
        "median": statistics.median(run["seconds"] for run in own),
        "max": max(run["seconds"] for run in own),
        "cpu": statistics.median(run["cpu_seconds"] for run in own),
        "peak_bytes": max(max(run["peak_bytes"], run["tree_bytes"])
                          for run in own),
    } for tool, own in tools.items()}


def table(name, title, runs, left_out):
    """One workload, as lines of text."""
    tools = summary(runs)
    bound = tools.get("bound", {}).get("median")
    peers = {tool: figures["median"] for tool, figures in tools.items()
             if tool not in ("strake", "bound")}
    best_peer = min(peers.values(), default=None)
    lines = [f"{name}: {title}",
             COLUMNS.format("", "median", "min", "max", "cpu", "best peer",
                            "bound", "memory")]
    for tool, figures in tools.items():
        is_strake = tool == "strake"
        lines.append(COLUMNS.format(
            tool, *(_seconds(figures[key])
                    for key in ("median", "min", "max", "cpu")),
            _ratio(figures["median"], best_peer) if is_strake else "",
            _ratio(figures["median"], bound) if tool != "bound" else "",
            f"{figures['peak_bytes'] / 1e6:.0f} MB"))
    lines += [f"{tool:<8} left out: {why}" for tool, why in left_out.items()]
    return "\n".join(lines) + "\n"


def heading(document):
    """What is compared, on what, and what is not there."""
    facts = document["machine"]
    lines = [f"{facts['cpus']} CPUs ({facts['cpu']}), "
             f"{facts['memory_bytes'] / 2**30:.0f} GiB, Linux "
             f"{facts['kernel']}, stores on {facts['file_system']}, "
             f"load {facts['load_average'][0]:.1f}; runs of each: "
             f"{document['runs']}"]
    lines += [f"{tool}: {version}"
              for tool, version in document["versions"].items()]
    lines += [f"{tool}: not measured: {why}"
              for tool, why in document["missing"].items()]
    return "\n".join(lines) + "\n"


def write_json(document, path):
    text = json.dumps(document, indent=2) + "\n"
    if path == "-":
        print(text, end="")
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _seconds(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def _ratio(value, other):
    return f"{value / other:.2f}x" if other else ""

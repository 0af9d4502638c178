#!/usr/bin/env python3
"""Writes sconce.json, the dashboard that Grafana imports, from panels.py.

    make_dashboard.py [--print]      on standard output instead

A test of tests/deploy holds the file equal to what this would write.
"""

import json
import pathlib
import sys
from typing import Any

import panels

FILE = pathlib.Path(__file__).with_name("sconce.json")

Json = dict[str, Any]

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SELECTION = 'namespace=~"$namespace", pod=~"$pod"'
HEIGHTS = {"stat": 4}
GREEN, RED = "green", "red"


def expression(query: str) -> str:
    """The query as Grafana sends it, with its variables still in it."""
    return (query.replace("@m", f'{SELECTION}, model=~"$model"')
            .replace("@", SELECTION).replace("[]", "[$__rate_interval]"))


def targets(panel: panels.Panel) -> list[Json]:
    return [{"refId": chr(ord("A") + index), "expr": expression(query),
             "legendFormat": legend, "datasource": DATASOURCE,
             **({"format": "heatmap"} if panel.kind == "heatmap" else {}),
             **({"format": "table", "instant": True}
                if panel.kind == "table" else {})}
            for index, (legend, query) in enumerate(panel.queries.items())]


def thresholds(red_above: float | None) -> Json:
    steps: list[Json] = [{"color": GREEN, "value": None}]
    if red_above is not None:
        steps.append({"color": RED, "value": red_above})
    return {"mode": "absolute", "steps": steps}


def field_config(panel: panels.Panel) -> Json:
    defaults: Json = {"unit": panel.unit, "min": 0,
                      "thresholds": thresholds(panel.red_above)}
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "fillOpacity": 20 if panel.stack else 0,
            "stacking": {"mode": "normal" if panel.stack else "none"},
            "thresholdsStyle": {
                "mode": "off" if panel.red_above is None else "dashed"}}
    return {"defaults": defaults, "overrides": []}


def options(panel: panels.Panel) -> Json:
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"]}}
    if panel.kind == "heatmap":
        return {"calculate": False, "yAxis": {"unit": panel.unit}}
    if panel.kind == "table":
        return {}
    return {"tooltip": {"mode": "multi", "sort": "desc"}}


def panel_json(panel: panels.Panel, number: int, x: int, y: int) -> Json:
    return {"id": number, "type": panel.kind, "title": panel.title,
            "description": panel.help, "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": panel.width,
                        "h": HEIGHTS.get(panel.kind, 8)},
            "targets": targets(panel), "fieldConfig": field_config(panel),
            "options": options(panel)}


def placed(row: panels.Row, number: int, y: int) -> tuple[list[Json], int]:
    """The row's panels from left to right, and where the next row begins."""
    made, x, height = [], 0, 0
    for panel in row.panels:
        if x + panel.width > 24:
            x, y = 0, y + height
        number += 1
        made.append(panel_json(panel, number, x, y))
        x, height = x + panel.width, made[-1]["gridPos"]["h"]
    return made, y + height


def all_panels() -> list[Json]:
    made: list[Json] = []
    y = 0
    for number, row in enumerate(panels.ROWS):
        inside, end = placed(row, 100 * number, y + 1)
        header = {"id": 1000 + number, "type": "row", "title": row.title,
                  "collapsed": row.collapsed,
                  "gridPos": {"x": 0, "y": y, "w": 24, "h": 1},
                  "panels": inside if row.collapsed else []}
        made += [header] if row.collapsed else [header, *inside]
        y = y + 1 if row.collapsed else end
    return made


def variable(name: str, query: str) -> Json:
    """A label's values. All of them is `.*`, so that it also matches series
    without the label: outside Kubernetes there is no namespace and no pod."""
    return {"name": name, "type": "query", "datasource": DATASOURCE,
            "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1,
            "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}}


def variables() -> list[Json]:
    return [
        {"name": "datasource", "type": "datasource", "query": "prometheus",
         "label": "Prometheus"},
        variable("namespace", "label_values(sconce_build_info, namespace)"),
        variable("pod", "label_values(sconce_build_info"
                 '{namespace=~"$namespace"}, pod)'),
        variable("model", "label_values(sconce_model_state"
                 f"{{{SELECTION}}}, model)"),
    ]


def dashboard() -> Json:
    return {"uid": "sconce", "title": "Sconce", "tags": ["sconce"],
            "schemaVersion": 39, "editable": True, "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"}, "timezone": "",
            "templating": {"list": variables()}, "panels": all_panels()}


def text() -> str:
    """One line a panel, so that a change of one is a change of its line."""
    made = dashboard()
    lines = ",\n".join(json.dumps(panel) for panel in made.pop("panels"))
    rest = json.dumps(made, indent=1).removesuffix("\n}")
    return f'{rest},\n "panels": [\n{lines}\n ]\n}}\n'


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(text())
    else:
        FILE.write_text(text(), encoding="utf-8")

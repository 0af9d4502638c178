"use strict";
// Values under the pointer. A chart's data stand beside it as JSON; the page
// says everything without this script but single values.
(() => {
  const tip = document.getElementById("tip");

  const inner = {
    linear: (value) => value,
    log: (value) => Math.log10(Math.max(value, 1e-6)),
    share: (value) => {
      const share = Math.min(Math.max(value / 100, 1e-9), 1 - 1e-9);
      return Math.log10(share / (1 - share));
    },
  };
  const place = (scale, value) =>
    (inner[scale.kind](value) - scale.low) / (scale.high - scale.low);

  const digits = (value) => {
    if (value === 0) return "0";
    const before = Math.floor(Math.log10(Math.abs(value)));
    return value.toFixed(Math.max(0, 2 - before));
  };
  const duration = (ms) =>
    ms < 0.9995 ? digits(ms * 1000) + " µs"
      : ms < 999.5 ? digits(ms) + " ms" : digits(ms / 1000) + " s";
  const words = (scale, value) =>
    scale.unit === "ms" ? duration(value)
      : scale.unit === "%" ? Number(value.toFixed(4)) + " %"
        : digits(value) + " " + scale.unit;

  // The point of a trace next to a place on the axis along which one looks.
  const nearest = (points, at, scale, axis) => {
    let best = null, least = 0.03;
    for (const point of points) {
      const distance = Math.abs(place(scale, point[axis]) - at);
      if (distance < least) { least = distance; best = point; }
    }
    return best;
  };

  const line = (colour, text) => {
    const row = document.createElement("span");
    const dot = document.createElement("i");
    dot.className = colour;
    row.append(dot, text);
    return row;
  };

  const hide = (svg) => {
    tip.hidden = true;
    svg.querySelector(".cross").setAttribute("visibility", "hidden");
  };

  const show = (svg, data, event) => {
    const [left, top, right, bottom] = svg.dataset.frame.split(" ").map(Number);
    const box = svg.getBoundingClientRect();
    const unit = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * unit;
    const y = (event.clientY - box.top) * unit;
    if (x < left || x > right || y < top || y > bottom) return hide(svg);
    const byX = data.hover === "x";
    const axis = byX ? 0 : 1;
    const along = byX ? data.x : data.y;
    const other = byX ? data.y : data.x;
    const at = byX ? (x - left) / (right - left)
      : (bottom - y) / (bottom - top);
    const rows = [];
    let title = null;
    for (const trace of data.traces) {
      const point = nearest(trace.points, at, along, axis);
      if (!point) continue;
      title = title || words(along, point[axis]);
      rows.push(line(trace.colour,
        trace.name + ": " + words(other, point[1 - axis])));
    }
    if (!rows.length) return hide(svg);
    const head = document.createElement("b");
    head.textContent = title;
    tip.replaceChildren(head, ...rows);
    tip.hidden = false;
    const room = document.documentElement.clientWidth;
    const wide = tip.offsetWidth;
    const beside = event.clientX + 16 + wide > room
      ? event.clientX - 16 - wide : event.clientX + 16;
    tip.style.left = Math.max(4, beside) + window.scrollX + "px";
    tip.style.top = event.clientY + 14 + window.scrollY + "px";
    const cross = svg.querySelector(".cross");
    const ends = byX ? [x, top, x, bottom] : [left, y, right, y];
    ["x1", "y1", "x2", "y2"].forEach(
      (name, index) => cross.setAttribute(name, ends[index]));
    cross.setAttribute("visibility", "visible");
  };

  for (const chart of document.querySelectorAll("figure.chart")) {
    const data = JSON.parse(
      chart.querySelector("script[type='application/json']").textContent);
    for (const svg of chart.querySelectorAll("svg.plot")) {
      svg.addEventListener("pointermove", (event) => show(svg, data, event));
      svg.addEventListener("pointerdown", (event) => show(svg, data, event));
      svg.addEventListener("pointerleave", () => hide(svg));
    }
  }
})();

"use strict";
// Draws what the data in the page says. It computes nothing but summaries of drawn points: statistics and metric math are in the
// data already.
(() => {
  const page = JSON.parse(document.getElementById("page").textContent);
  const $ = (id) => document.getElementById(id);
  const state = { group: 0, board: 0, scenario: page.scenarios[0].id, choices: {} };
  let board, drawn = [];

  /* ---- small helpers ---- */

  // el makes an element: el("p", {class: "note"}, "text", child, …).
  function el(name, attributes = {}, ...children) {
    const e = document.createElement(name);
    for (const [k, v] of Object.entries(attributes)) {
      if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
      else if (v === true) e.setAttribute(k, "");
      else if (v !== false && v != null) e.setAttribute(k, v);
    }
    e.append(...children.flat().filter((c) => c != null && c !== false));
    return e;
  }

  function svg(viewBox, ...shapes) {
    const ns = "http://www.w3.org/2000/svg";
    const root = document.createElementNS(ns, "svg");
    root.setAttribute("viewBox", viewBox);
    root.setAttribute("aria-hidden", "true");
    for (const [name, attributes] of shapes) {
      const s = document.createElementNS(ns, name);
      for (const [k, v] of Object.entries(attributes)) s.setAttribute(k, v);
      root.append(s);
    }
    return root;
  }

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Names of units as people write them behind a number.
  const units = { Percent: "%", Milliseconds: "ms", Microseconds: "µs", Seconds: "s", Bytes: "B", Count: "", None: "", "Count/Second": "/s", "Bytes/Second": "B/s" };
  const shortUnit = (unit) => units[unit] ?? unit ?? "";

  // number is a value as people read it: three digits that matter, and a letter for thousands, millions, … What is just under
  // 100 % keeps the digits that tell it from that.
  function number(v, digits = 3) {
    if (v == null) return "–";
    const size = Math.abs(v);
    if (v >= 99 && v < 100) return String(+v.toFixed(3));
    if (size >= 1e15) return v.toExponential(1);
    for (const [limit, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]]) {
      if (size >= limit) {
        const scale = letter === "k" ? 1e3 : limit;
        return String(+(v / scale).toPrecision(digits)) + " " + letter;
      }
    }
    if (size > 0 && size < 1e-4) return v.toExponential(1);
    return size >= 1000 ? String(Math.round(v)) : String(+v.toPrecision(digits));
  }
  // A letter stands next to its unit: 480 MB, 12 kB; a sign for a share stands apart, as 80 %.
  function quantity(v, unit, digits) {
    const n = number(v, digits), u = shortUnit(unit);
    if (!u || v == null) return n;
    return /[A-Za-z]$/.test(n) && u.startsWith("B") ? n + u : u.startsWith("/") ? n + u : n + " " + u;
  }

  const two = (n) => String(n).padStart(2, "0");
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const clock = (s) => { const d = new Date(s * 1000); return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()); };
  const day = (s) => { const d = new Date(s * 1000); return d.getUTCDate() + " " + months[d.getUTCMonth()]; };
  const moment = (s) => day(s) + " " + clock(s);

  function duration(s) {
    for (const [unit, name] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
      if (s >= unit && s % unit === 0) return s / unit + " " + name + (s / unit === 1 ? "" : "s");
    }
    return s + " seconds";
  }

  /* ---- state in the address, so that a view can be kept and shared ---- */

  function readAddress() {
    const [place, query] = decodeURIComponent(location.hash.slice(1)).split("?");
    const [group, name] = place.split("/");
    const g = page.groups.findIndex((x) => x.name === group);
    if (g < 0) return;
    go(g, page.groups[g].boards.findIndex((b) => b.name === name));
    for (const [k, v] of new URLSearchParams(query)) {
      if (k === "scenario") { if (page.scenarios.some((s) => s.id === v)) state.scenario = v; } else state.choices[k] = v;
    }
  }

  function go(group, board) {
    state.group = group;
    state.board = Math.max(0, board);
    state.choices = {};
  }

  // Links of the console to a dashboard lead to it here; others leave the page open.
  function follow(e) {
    const link = e.target.closest("a[href]");
    if (!link) return;
    const name = /(?:dashboard\/|dashboards:name=)([^/?&;]+)/.exec(link.getAttribute("href"))?.[1];
    const g = page.groups.findIndex((x) => x.boards.some((b) => b.name === name));
    if (g < 0) {
      link.target = "_blank";
      link.rel = "noopener";
      if (link.getAttribute("href").startsWith("#")) e.preventDefault();
      return;
    }
    e.preventDefault();
    go(g, page.groups[g].boards.findIndex((b) => b.name === name));
    bar();
    show();
    scrollTo(0, 0);
  }

  function writeAddress() {
    const group = page.groups[state.group];
    const query = new URLSearchParams({ scenario: state.scenario, ...state.choices });
    history.replaceState(null, "", "#" + encodeURI(group.name + "/" + group.boards[state.board].name + "?" + query));
  }

  /* ---- the bar: theme, scenario, environment, tabs ---- */

  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosenTheme = null;
  function theme() {
    const name = chosenTheme || (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = name;
    $("theme").setAttribute("aria-pressed", String(name === "dark"));
  }
  dark.addEventListener("change", () => { theme(); draw(); });
  $("theme").addEventListener("click", () => {
    chosenTheme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    theme();
    draw();
  });

  // choose makes a group of radio buttons that looks like a switch.
  function choose(name, label, options, current, onchange) {
    return el("fieldset", { class: "switch " + name, },
      el("legend", { class: "unseen" }, label),
      options.map((o) => el("label", {}, el("input", { type: "radio", name, value: o.value, checked: o.value === current, onchange: () => onchange(o.value) }), o.label)));
  }

  function bar() {
    $("scenarios").replaceChildren(choose("scenarios", "Scenario", page.scenarios.map((s) => ({ value: s.id, label: s.name })), state.scenario, (v) => {
      state.scenario = v;
      show();
    }));
    if (page.groups.length > 1) {
      const select = el("select", { id: "group", onchange: (e) => {
        const tab = page.groups[state.group].boards[state.board].tab;
        go(+e.target.value, page.groups[e.target.value].boards.findIndex((b) => b.tab === tab));
        tabs();
        show();
      } }, page.groups.map((g, i) => el("option", { value: i, selected: i === state.group }, g.label)));
      $("groups").replaceChildren(el("label", { class: "field" }, "Stack", select));
    }
    tabs();
  }

  function tabs() {
    const boards = page.groups[state.group].boards;
    const choose = (i) => {
      go(state.group, i);
      tabs();
      show();
      $("tab" + i).focus();
    };
    $("tabs").replaceChildren(...boards.map((b, i) => el("button", {
      id: "tab" + i, role: "tab", "aria-selected": String(i === state.board), "aria-controls": "board", tabindex: i === state.board ? 0 : -1,
      onclick: () => choose(i),
      onkeydown: (e) => {
        const n = boards.length, to = { ArrowRight: (i + 1) % n, ArrowLeft: (i + n - 1) % n, Home: 0, End: n - 1 }[e.key];
        if (to === undefined) return;
        e.preventDefault();
        choose(to);
      },
    }, b.tab)));
    $("board").setAttribute("aria-labelledby", "tab" + state.board);
    const tab = $("tab" + state.board);
    $("tabs").scrollLeft = tab.offsetLeft - 40;
  }

  /* ---- a dashboard ---- */

  function show() {
    const entry = page.groups[state.group].boards[state.board];
    board = JSON.parse($(entry.id).textContent);
    for (const v of board.variables) {
      if (!(state.choices[v.id] != null && v.values.some((o) => o.value === state.choices[v.id]))) state.choices[v.id] = v.default;
    }
    writeAddress();
    const scenario = page.scenarios.find((s) => s.id === state.scenario);
    document.title = entry.name + " – " + scenario.name + " – preview";
    $("name").textContent = entry.name;
    $("range").textContent = board.range + " to " + moment(page.end) + " UTC";
    $("story").textContent = scenario.about;
    variables();
    draw();
    $("said").textContent = entry.name + ", " + scenario.name + ": " + board.views[key()].length + " widgets";
  }

  const key = () => [state.scenario, ...board.variables.map((v) => state.choices[v.id])].join("|");

  function variables() {
    const change = (v, value) => {
      const alone = board.alone && value !== v.default;
      if (alone) for (const other of board.variables) state.choices[other.id] = other.default;
      state.choices[v.id] = value;
      show();
      const again = document.querySelector(`[data-variable="${CSS.escape(v.id)}"] :is(select, :checked)`);
      if (again) again.focus();
    };
    const controls = board.variables.filter((v) => v.values.length).map((v) => el("div", { "data-variable": v.id, class: "field" },
      v.input === "radio"
        ? [el("span", { "aria-hidden": "true" }, v.label), choose("variable-" + v.id, v.label, v.values, state.choices[v.id], (value) => change(v, value))]
        : el("label", { class: "field" }, v.label, el("select", { onchange: (e) => change(v, e.target.value) },
          v.values.map((o) => el("option", { value: o.value, selected: o.value === state.choices[v.id] }, o.label))))));
    const notes = board.notes.map((n) => el("span", { class: "note" }, n));
    $("variables").hidden = !controls.length && !notes.length;
    $("variables").replaceChildren(...controls, ...notes);
  }

  const visible = new IntersectionObserver((entries) => {
    for (const e of entries) {
      if (!e.isIntersecting || !e.target.paint) continue;
      e.target.paint();
      e.target.paint = null;
    }
  }, { rootMargin: "200px" });

  const resized = new ResizeObserver((entries) => {
    for (const e of entries) e.target.chart && e.target.chart.resize();
  });

  function draw() {
    for (const c of drawn) c.dispose();
    drawn = [];
    visible.disconnect();
    resized.disconnect();
    const widgets = board.views[key()].map((i) => board.parts[i]);
    // People and screen readers read rows from the left, whatever the order in the body.
    widgets.sort((a, b) => a.y - b.y || a.x - b.x);
    $("board").replaceChildren(...widgets.map(widget));
  }

  const chip = (name) => el("span", { class: "state " + (name || "unknown") }, glyph(name), { ALARM: "In alarm", OK: "OK", INSUFFICIENT_DATA: "No data" }[name] || "Unknown");

  // Each state has a shape of its own, so that it does not depend on its colour.
  function glyph(name) {
    const fill = "currentColor";
    return svg("0 0 10 10", {
      ALARM: ["path", { d: "M5 .5 9.8 9.5H.2z", fill }],
      OK: ["circle", { cx: 5, cy: 5, r: 4.5, fill }],
    }[name] || ["rect", { x: 1.5, y: 1.5, width: 7, height: 7, fill: "none", stroke: fill, "stroke-width": 2 }]);
  }

  function widget(w) {
    const id = "w" + w.n;
    const e = el("article", { class: "widget" + (w.bare ? " bare" : "") + (w.h === 1 ? " low" : ""), id, "data-kind": w.kind, style: `--x:${w.x};--y:${w.y};--w:${w.w};--h:${w.h}` });
    const header = el("header", {}, el("h2", { title: w.title, id: id + "-title" }, w.title || ""));
    e.setAttribute("aria-label", w.title || { text: "Text", log: "Log query", alarm: "Alarms", metric: "Graph" }[w.kind] || w.kind);
    if (w.title || w.chart || w.alarms) e.append(header);
    if (w.html != null) {
      const prose = el("div", { class: "prose", tabindex: 0, role: "group", "aria-label": w.title || "Text" });
      prose.innerHTML = w.html; // made by goldmark, which lets no HTML of the text through
      prose.addEventListener("click", follow);
      e.append(prose);
    } else if (w.why) {
      e.append(why("Not drawn", w.why));
    } else if (w.query) {
      e.append(log(w.query));
    } else if (w.alarms) {
      e.append(alarms(w, header));
    } else if (w.chart) {
      chart(w, e, header);
    }
    return e;
  }

  const why = (what, reasons) => el("div", { class: "why", tabindex: 0, role: "group", "aria-label": what }, el("strong", {}, what), reasons.map((r) => el("p", { class: "note" }, r)));

  function log(q) {
    const text = el("pre", { class: "query" });
    // The commands of a query stand out: they are what a reader looks for.
    for (const part of q.text.split(/(^\s*\|?\s*[a-zA-Z]+|#[^\n]*|\|\s*[a-zA-Z]+)/m)) {
      const command = /^(\s*\|?\s*)([a-zA-Z]+)$/.exec(part);
      if (command && /^(fields|filter|stats|sort|limit|parse|display|dedup|pattern|diff|unmask|unnest|filterIndex|SOURCE)$/i.test(command[2])) text.append(command[1], el("b", {}, command[2]));
      else if (part.startsWith("#")) text.append(el("i", {}, part));
      else text.append(part);
    }
    return el("div", { class: "body" }, el("div", { class: "logs", tabindex: 0, role: "group", "aria-label": "Query" },
      el("p", { class: "note" }, `Logs Insights queries run only in AWS, where this one is shown as ${{ table: "a table", timeSeries: "a graph over time", bar: "bars", pie: "a pie" }[q.view]}.`),
      text,
      q.sources && el("p", { class: "sources" }, q.sources.map((s) => el("code", {}, s)))));
  }

  function alarms(w, header) {
    const order = ["ALARM", "INSUFFICIENT_DATA", "", "OK"];
    const count = w.alarms.filter((a) => a.state === "ALARM").length;
    header.append(el("span", { class: "tally" }, count ? `${count} of ${w.alarms.length} in alarm` : `none of ${w.alarms.length} in alarm`));
    const shown = w.states ? w.alarms.filter((a) => !a.state || w.states.includes(a.state)) : [...w.alarms];
    shown.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
    if (!shown.length) return why("None to show", [`This list shows only alarms that are ${w.states.map((s) => ({ ALARM: "in alarm", OK: "OK", INSUFFICIENT_DATA: "without data" }[s])).join(" or ")}.`]);
    const shared = sharedWords(w.alarms.map((a) => a.name));
    return el("div", { class: "body" }, el("ul", { class: "alarms", tabindex: 0, "aria-label": w.title || "Alarms" },
      shown.map((a) => el("li", { class: a.state, title: a.why }, el("span", { class: "name" }, el("span", { class: "shared" }, a.name.slice(0, shared)), a.name.slice(shared)), chip(a.state)))));
  }

  // sharedWords is the length of the beginning that all names have in common, up to the end of a word.
  function sharedWords(names) {
    let n = 0;
    while (names.length > 1 && names.every((name) => name[n] && name[n] === names[0][n])) n++;
    return names.length > 1 ? Math.max(names[0].lastIndexOf("-", n - 1), names[0].lastIndexOf("/", n - 1)) + 1 : 0;
  }

  /* ---- charts ---- */

  const dashes = ["solid", [7, 4], [2, 3], [9, 3, 2, 3], [4, 2], [1, 2]];
  const palette = () => Array.from({ length: 8 }, (_, i) => css("--c" + i));
  const colorOf = (line, i, colors) => line.color ? seen(line.color) : colors[i % colors.length];

  // seen is a colour of the dashboard, moved away from the background as far as it takes to be seen on it.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  function channels(color) {
    canvas.fillStyle = "#000";
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }
  function luminance(rgb) {
    const [r, g, b] = rgb.map((c) => (c / 255 <= .04045 ? c / 255 / 12.92 : ((c / 255 + .055) / 1.055) ** 2.4));
    return .2126 * r + .7152 * g + .0722 * b;
  }
  function seen(color) {
    const back = luminance(channels(css("--card"))), to = back > .5 ? 0 : 255;
    let rgb = channels(color);
    const contrast = () => { const l = luminance(rgb); return (Math.max(l, back) + .05) / (Math.min(l, back) + .05); };
    for (let step = 0; contrast() < 3 && step < 20; step++) rgb = rgb.map((c) => Math.round(c + (to - c) * .12));
    return `rgb(${rgb.join(",")})`;
  }

  const points = (line) => {
    const s = board.series[line.s];
    return s.v.map((v, i) => [s.t + i * s.p, v]);
  };

  // figures are what a summary says about a line.
  function figures(line) {
    let min = Infinity, max = -Infinity, last = null, at = null;
    for (const [t, v] of points(line)) {
      if (v == null) continue;
      if (v < min) min = v;
      if (v > max) { max = v; at = t; }
      last = v;
    }
    return last == null ? null : { min, max, last, at };
  }

  // summary says in words what a chart shows.
  function summary(c) {
    const sentences = [];
    for (const l of c.lines) {
      const f = figures(l);
      sentences.push(f ? `${l.label}: last ${quantity(f.last, l.unit)}, lowest ${quantity(f.min, l.unit)}, highest ${quantity(f.max, l.unit)} at ${clock(f.at)}.` : `${l.label}: no data.`);
    }
    for (const h of c.horizontal) {
      const crossing = c.lines.filter((l) => !!l.right === !!h.right).map((l) => [l, figures(l)]).filter(([, f]) => f && f.min < h.value && f.max > h.value);
      sentences.push(`The line at ${number(h.value)}${h.label ? ` (${h.label})` : ""} is ` + (crossing.length
        ? `crossed by ${crossing.map(([l, f]) => `${l.label}, at the end ${f.last > h.value ? "above" : "not above"} it`).join("; ")}.`
        : "not crossed."));
    }
    return sentences.join(" ");
  }

  function swatch(color, dash) {
    const line = { x1: 0, y1: 5, x2: 18, y2: 5, stroke: color, "stroke-width": 2.5 };
    if (Array.isArray(dash)) line["stroke-dasharray"] = dash.map((d) => d * .7).join(" ");
    const s = svg("0 0 18 10", ["line", line]);
    s.setAttribute("width", 18);
    s.setAttribute("height", 10);
    return s;
  }

  function chart(w, e, header) {
    const c = w.chart, id = e.id;
    for (const a of c.alarms) header.append(chip(a.state));
    const drawable = c.lines.length || c.horizontal.length;
    const words = summary(c);
    const body = el("div", { class: "body " + c.legend });
    if (drawable) header.append(el("button", { class: "icon data", title: "Data", "aria-label": "Data of " + (w.title || "this graph"), onclick: () => data(w, words) },
      svg("0 0 14 14", ["path", { d: "M1 2.5h12M1 7h12M1 11.5h12M5 2.5v9", fill: "none", stroke: "currentColor", "stroke-width": 1.4 }])));
    e.append(body);
    if (!drawable) {
      body.replaceWith(why("Nothing drawn", c.notes.length ? c.notes : ["This graph has no visible line."]));
      return;
    }
    if (c.view === "singleValue") body.append(values(c, w));
    else if (c.view === "table") body.append(table(c, w));
    else {
      const box = el("div", { class: "chart", role: "img", "aria-label": `${w.title || "Graph"}. ${words}` });
      body.append(box);
      const legend = c.legend !== "hidden" && c.view !== "gauge" && c.view !== "bar" && legendOf(c, box);
      if (legend) body.append(legend);
      e.paint = () => {
        box.chart = echarts.init(box, null, { renderer: "svg" });
        box.chart.setOption(option(c, { width: box.clientWidth - 50, height: box.clientHeight - 50 }));
        drawn.push(box.chart);
        resized.observe(box);
      };
      visible.observe(e);
    }
    for (const n of c.notes) body.append(el("p", { class: "note" }, n));
  }

  function legendOf(c, box) {
    const colors = palette();
    const dashed = c.view === "timeSeries" && !c.stacked;
    const total = c.lines.reduce((sum, l) => sum + (l.value || 0), 0);
    const share = (l) => c.view === "pie" && total ? ` · ${Math.round(100 * l.value / total)} %` : "";
    return el("ul", { class: "legend", "aria-label": "Legend" }, c.lines.map((l, i) => {
      const f = figures(l);
      return el("li", {}, el("button", { "aria-pressed": "true", title: l.label, onclick: (e) => {
        const b = e.currentTarget;
        b.setAttribute("aria-pressed", String(b.getAttribute("aria-pressed") !== "true"));
        box.chart && box.chart.dispatchAction({ type: "legendToggleSelect", name: String(i) });
      } },
        swatch(colorOf(l, i, colors), dashed ? dashes[i % dashes.length] : "solid"),
        el("span", { class: "name" }, l.label), el("span", { class: "last" }, f ? quantity(l.value ?? f.last, l.unit) + share(l) : "no data")));
    }));
  }

  function values(c, w) {
    const colors = palette();
    const small = w.h < 4 || c.lines.length > 6;
    return el("div", { class: "values" + (small ? " small" : ""), tabindex: 0, role: "group", "aria-label": w.title || "Values" }, c.lines.map((l, i) => {
      const n = quantity(l.value, l.unit, c.full ? 12 : 3), split = n.lastIndexOf(" ");
      return el("div", { class: "value" },
        el("div", { class: "number" }, split < 0 ? n : [n.slice(0, split), el("span", { class: "unit" }, n.slice(split + 1))]),
        el("div", { class: "name", title: l.label }, swatch(colorOf(l, i, colors), "solid"), el("span", {}, l.label)),
        c.sparkline && spark(points(l), colorOf(l, i, colors)));
    }));
  }

  function spark(list, color) {
    const known = list.filter(([, v]) => v != null);
    if (known.length < 2) return null;
    const low = Math.min(...known.map(([, v]) => v)), span = Math.max(...known.map(([, v]) => v)) - low || 1;
    const [from, to] = [list[0][0], list[list.length - 1][0]];
    const d = known.map(([t, v], i) => (i ? "L" : "M") + (100 * (t - from) / (to - from)).toFixed(1) + " " + (26 - 24 * (v - low) / span).toFixed(1)).join("");
    const s = svg("0 0 100 28", ["path", { d, fill: "none", stroke: color, "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }]);
    s.setAttribute("class", "spark");
    s.setAttribute("preserveAspectRatio", "none");
    return s;
  }

  function table(c, w) {
    const all = { MIN: "Minimum", MAX: "Maximum", AVG: "Average", SUM: "Sum" };
    const columns = (c.summary || Object.keys(all)).filter((k) => all[k]);
    return el("div", { class: "rows", tabindex: 0, role: "group", "aria-label": w.title || "Table" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Label"), columns.map((k) => el("th", { scope: "col" }, all[k])), el("th", { scope: "col" }, "Last"))),
      el("tbody", {}, c.lines.map((l) => {
        const known = points(l).map(([, v]) => v).filter((v) => v != null);
        const sum = known.reduce((a, b) => a + b, 0);
        const cells = { MIN: Math.min(...known), MAX: Math.max(...known), AVG: sum / known.length, SUM: sum, LAST: known[known.length - 1] };
        return el("tr", {}, el("th", { scope: "row" }, l.label), [...columns, "LAST"].map((k) => el("td", {}, quantity(known.length ? cells[k] : null, l.unit))));
      }))));
  }

  function data(w, words) {
    const lines = w.chart.lines;
    const times = [...new Set(lines.flatMap((l) => points(l).map(([t]) => t)))].sort((a, b) => b - a);
    const columns = lines.map((l) => new Map(points(l)));
    $("data-title").textContent = w.title || "Data";
    $("data-summary").textContent = words;
    $("data-table").replaceChildren(
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Time (UTC)"), lines.map((l) => el("th", { scope: "col" }, l.label)))),
      el("tbody", {}, times.map((t) => el("tr", {}, el("th", { scope: "row" }, moment(t)), columns.map((m, i) => el("td", {}, quantity(m.get(t), lines[i].unit, 4)))))));
    $("data").showModal();
    $("data-table").parentElement.scrollTop = 0;
  }
  $("data-close").addEventListener("click", () => $("data").close());

  function option(c, size) {
    const look = { text: css("--text"), soft: css("--soft"), line: css("--line"), grid: css("--grid"), card: css("--card"), colors: palette() };
    const common = {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: look.soft, fontSize: 11 },
      aria: { enabled: true, label: { enabled: false }, decal: { show: c.view === "bar" || c.view === "pie" } },
      tooltip: { appendTo: document.body, backgroundColor: look.card, borderColor: look.line, textStyle: { color: look.text, fontSize: 12 }, padding: [6, 10] },
      legend: { show: false },
    };
    return { ...common, ...{ gauge, pie, bar: bars }[c.view]?.(c, look) ?? timeline(c, look, size) };
  }

  const escape = (s) => s.replace(/[&<>"]/g, (ch) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[ch]));

  // scale is a y axis that shows all lines and annotations of its side, as CloudWatch's does.
  function scale(c, right, look) {
    const side = right ? c.right : c.left;
    const mine = c.lines.filter((l) => !!l.right === right);
    const label = side.label || (side.hideUnits ? "" : [...new Set(mine.map((l) => l.unit))].filter((u) => u && u !== "None").length === 1 ? mine.find((l) => l.unit && l.unit !== "None").unit : "");
    const bounds = c.horizontal.filter((h) => !!h.right === right).flatMap((h) => h.to == null ? [h.value] : [h.value, h.to]);
    const highest = Math.max(...bounds), lowest = Math.min(...bounds);
    const unit = mine.find((l) => l.unit)?.unit;
    return {
      type: "value", position: right ? "right" : "left", show: mine.length > 0 || bounds.length > 0,
      name: label, nameLocation: "end", nameGap: 8, nameTextStyle: { color: look.soft, fontSize: 11, align: right ? "right" : "left", padding: right ? [0, -2, 0, 0] : [0, 0, 0, -2] },
      min: side.min ?? ((v) => { const low = Math.min(v.min, lowest); return low >= 0 && low < .8 * Math.max(v.max, highest) ? 0 : undefined; }),
      max: side.max ?? ((v) => highest >= v.max ? round(highest * 1.05) || 1 : undefined),
      splitNumber: 4, interval: side.min != null && side.max != null ? (side.max - side.min) / 4 : undefined,
      axisLine: { show: false }, axisTick: { show: false },
      axisLabel: { color: look.soft, showMaxLabel: side.max != null ? true : null, formatter: (v) => unit === "Bytes" ? quantity(v, unit) : number(v) },
      splitLine: { show: !right, lineStyle: { color: look.grid } },
    };
  }

  // round is the next number up that makes a good end of an axis: one that ECharts divides evenly.
  function round(v) {
    if (v <= 0) return 0;
    const size = 10 ** Math.floor(Math.log10(v));
    return [1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12].find((n) => n * size >= v * .9999) * size;
  }

  // places tells where the label of an annotation has room: at the end of its line, or at the beginning where another label is
  // near. Where both are taken it has none; the line is in the summary all the same.
  function places(c, right, size) {
    const taken = [];
    const top = Math.max(...c.horizontal.filter((h) => !!h.right === right).flatMap((h) => [h.value, h.to ?? h.value]),
      ...c.lines.filter((l) => !!l.right === right).map((l) => figures(l)?.max ?? 0));
    return (value, label) => {
      const y = top > 0 ? size.height * value / top : 0, wide = (label || "").length * 6 > size.width / 2;
      const position = ["insideEndTop", "insideStartTop"].find((p) => taken.every((t) => Math.abs(t.y - y) > 15 || t.position !== p && !t.wide && !wide));
      if (position && label) taken.push({ y, position, wide });
      return position;
    };
  }

  // notes are the horizontal annotations of a side: lines with their labels, and fills.
  function notes(c, right, look, size) {
    const mine = c.horizontal.filter((h) => !!h.right === right);
    const lines = [], areas = [];
    const place = places(c, right, size);
    mine.forEach((h) => {
      const color = h.color ? seen(h.color) : look.soft;
      const line = (value, label) => {
        const position = place(value, label);
        lines.push({
          yAxis: value, lineStyle: { color, type: [6, 4], width: 1.5, opacity: 1 },
          label: { show: !!label && !!position, formatter: label, position, color: look.text, fontSize: 11, backgroundColor: look.card, padding: [1, 3], distance: 2 },
        });
      };
      line(h.value, h.label);
      if (h.to != null) line(h.to, h.toLabel);
      if (h.to != null || h.fill) {
        areas.push([{ yAxis: h.value, itemStyle: { color, opacity: .09 } }, h.to != null ? { yAxis: h.to } : { y: h.fill === "above" ? "0%" : "100%", yAxis: h.fill === "above" ? "max" : "min" }]);
      }
    });
    if (!right) {
      for (const v of c.vertical) {
        const color = v.color ? seen(v.color) : look.soft;
        lines.push({ xAxis: v.at * 1000, lineStyle: { color, type: "solid", width: 1, opacity: 1 }, label: { show: !!v.label, formatter: v.label, position: "insideEndTop", rotate: 0, color: look.text, fontSize: 11, backgroundColor: look.card, padding: [1, 3] } });
        if (v.to || v.fill) {
          const other = v.to || (v.fill === "after" ? c.end : c.start);
          areas.push([{ xAxis: v.at * 1000, itemStyle: { color, opacity: .09 } }, { xAxis: other * 1000 }]);
        }
      }
    }
    return {
      markLine: lines.length ? { silent: true, symbol: "none", animation: false, data: lines } : undefined,
      markArea: areas.length ? { silent: true, data: areas } : undefined,
    };
  }

  function timeline(c, look, size) {
    const span = c.end - c.start;
    const series = c.lines.map((l, i) => {
      const color = colorOf(l, i, look.colors), s = board.series[l.s];
      return {
        id: "line" + i, name: String(i), type: "line", yAxisIndex: l.right ? 1 : 0,
        data: s.v.map((v, k) => [(s.t + k * s.p) * 1000, v]),
        // A point between two gaps would not be seen as a line.
        showSymbol: s.v.length < 3 || s.v.some((v, k) => v != null && s.v[k - 1] == null && s.v[k + 1] == null),
        symbolSize: 4, symbol: "circle",
        stack: c.stacked && !l.right ? "all" : undefined,
        areaStyle: c.stacked ? { color: l.color || color, opacity: .55 } : undefined,
        lineStyle: { width: c.stacked ? 1.2 : 1.8, type: c.stacked ? "solid" : dashes[i % dashes.length], color },
        itemStyle: { color }, emphasis: { disabled: true },
      };
    });
    // Annotations belong to series of their own, so that switching off a line leaves them.
    for (const right of [false, true]) {
      if (right && !c.horizontal.some((h) => h.right) && !c.lines.some((l) => l.right)) continue;
      series.push({ id: "notes" + right, name: "notes" + right, type: "line", data: [], yAxisIndex: right ? 1 : 0, tooltip: { show: false }, ...notes(c, right, look, size) });
    }
    const named = (right) => { const a = scale(c, right, look); return !!a.name; };
    return {
      grid: { left: 4, right: 12, top: named(false) || named(true) ? 26 : 10, bottom: 6, containLabel: true },
      xAxis: {
        type: "time", min: c.start * 1000, max: c.end * 1000, splitNumber: 5,
        axisLine: { lineStyle: { color: look.line } }, axisTick: { show: true, lineStyle: { color: look.line } },
        axisLabel: { color: look.soft, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (ms) => span > 2 * 86400 ? day(ms / 1000) : clock(ms / 1000) },
        splitLine: { show: false },
      },
      yAxis: [scale(c, false, look), scale(c, true, look)],
      useUTC: true,
      tooltip: {
        appendTo: document.body, backgroundColor: look.card, borderColor: look.line, textStyle: { color: look.text, fontSize: 12 }, padding: [6, 10],
        trigger: "axis", axisPointer: { lineStyle: { color: look.soft } },
        formatter: (list) => {
          const rows = list.filter((p) => p.value && p.value[1] != null && !String(p.seriesName).startsWith("notes"));
          rows.sort((a, b) => b.value[1] - a.value[1]);
          const more = rows.length > 12 ? `<br>and ${rows.length - 12} more` : "";
          return rows.length ? `<strong>${moment(rows[0].value[0] / 1000)}</strong><br>` + rows.slice(0, 12).map((p) => {
            const l = c.lines[+p.seriesName];
            return `${p.marker}${escape(l.label)}&ensp;<strong>${escape(quantity(p.value[1], l.unit))}</strong>`;
          }).join("<br>") + more : "";
        },
      },
      series,
    };
  }

  function gauge(c, look) {
    const l = c.lines[0];
    const min = c.left.min ?? 0, max = c.left.max ?? 100, share = (v) => Math.min(1, Math.max(0, (v - min) / (max - min)));
    // The ring shows the annotations' fills and bands; what none covers is neutral.
    const bands = c.horizontal.filter((h) => h.to != null || h.fill).map((h) => ({ from: share(h.to != null ? Math.min(h.value, h.to) : h.fill === "below" ? min : h.value), to: share(h.to != null ? Math.max(h.value, h.to) : h.fill === "below" ? h.value : max), color: h.color }));
    const stops = [...new Set([0, 1, ...bands.flatMap((b) => [b.from, b.to])])].sort((a, b) => a - b);
    const ring = stops.slice(1).map((s, i) => [s, bands.find((b) => b.from <= stops[i] && b.to >= s)?.color || look.grid]);
    const form = { type: "gauge", min, max, startAngle: 200, endAngle: -20, center: ["50%", "60%"], pointer: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
    return {
      series: [{
        ...form, radius: "96%", axisLine: { lineStyle: { width: 4, color: ring } }, axisLabel: { show: false }, detail: { show: false }, silent: true,
      }, {
        ...form, radius: "88%",
        axisLine: { lineStyle: { width: 14, color: [[1, look.grid]] } },
        progress: { show: true, width: 14, itemStyle: { color: colorOf(l, 0, look.colors) } },
        axisLabel: { distance: -4, color: look.soft, fontSize: 11, formatter: (v) => v === min || v === max ? number(v) : "" },
        title: { offsetCenter: [0, "46%"], color: look.soft, fontSize: 12 },
        detail: { offsetCenter: [0, "0%"], color: look.text, fontSize: 24, fontWeight: 600, formatter: () => quantity(l.value, l.unit) },
        data: [{ value: l.value ?? min, name: l.label }],
      }],
    };
  }

  function pie(c, look) {
    return {
      tooltip: { appendTo: document.body, backgroundColor: look.card, borderColor: look.line, textStyle: { color: look.text, fontSize: 12 }, formatter: (p) => `${escape(c.lines[+p.name].label)}&ensp;<strong>${escape(quantity(p.value, c.lines[+p.name].unit))}</strong> (${p.percent} %)` },
      series: [{
        type: "pie", radius: ["52%", "92%"], itemStyle: { borderColor: look.card, borderWidth: 2 },
        label: { show: false }, // the legend says it, with room for the words
        data: c.lines.map((l, i) => ({ name: String(i), value: l.value ?? 0, itemStyle: { color: colorOf(l, i, look.colors) } })),
      }],
    };
  }

  function bars(c, look) {
    const value = { ...scale(c, false, look), position: undefined, name: "", splitLine: { show: true, lineStyle: { color: look.grid } } };
    const lines = notes(c, false, look, { width: 1000, height: 1000 }).markLine;
    return {
      grid: { left: 12, right: 56, top: 6, bottom: 6, containLabel: true },
      xAxis: value,
      yAxis: { type: "category", inverse: true, data: c.lines.map((l) => l.label), axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } }, axisLabel: { color: look.soft, width: 140, overflow: "truncate" } },
      series: [...c.lines.map((l, i) => ({
        name: String(i), type: "bar", stack: "one", barMaxWidth: 22, itemStyle: { color: colorOf(l, i, look.colors) },
        data: c.lines.map((_, k) => k === i ? l.value : null),
        label: { show: true, position: "right", color: look.text, fontSize: 11, formatter: (p) => p.value == null ? "" : quantity(p.value, l.unit) },
      })), { name: "notes", type: "bar", stack: "one", data: [], markLine: lines && { ...lines, data: lines.data.map((d) => ({ ...d, xAxis: d.yAxis, yAxis: undefined, label: { ...d.label, position: "end" } })) } }],
    };
  }

  addEventListener("beforeprint", () => {
    for (const w of document.querySelectorAll(".widget")) {
      if (w.paint) w.paint();
      w.paint = null;
    }
  });

  theme();
  readAddress();
  bar();
  show();
  addEventListener("hashchange", () => { readAddress(); bar(); show(); });
})();

// What the tests ask of a page, in the browser.
window.check = (() => {
  const settled = async () => {
    // Charts are drawn when they come into view: twice, since drawing can move what is below.
    for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)));
  };
  const widgets = () => [...document.querySelectorAll(".widget")];
  const nameOf = (w) => `${w.id} "${w.querySelector("h2")?.textContent || ""}"`;

  // empty lists the widgets that show nothing.
  const empty = () => widgets().filter((w) => {
    if (w.dataset.kind === "text") return !w.querySelector(".prose").textContent.trim();
    if (w.querySelector(".why, .query, .alarms li, .value .number, .rows tbody tr")) return false;
    const drawing = w.querySelector(".chart svg");
    if (!drawing || drawing.clientWidth < 40 || drawing.clientHeight < 40) return true;
    return !drawing.querySelector("path[d]");
  }).map(nameOf);

  // overlapping lists pairs of widgets that share some of the screen.
  const overlapping = () => {
    const boxes = widgets().map((w) => [w, w.getBoundingClientRect()]), list = [];
    boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
      if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1) list.push(nameOf(a) + " and " + nameOf(b));
    }));
    return list;
  };

  // alarming lists the alarms that are on.
  const alarming = () => [...document.querySelectorAll(".state.ALARM")].map((e) => (e.parentElement.querySelector(".name") || e.closest(".widget").querySelector("h2")).textContent);

  const controls = () => [...document.querySelectorAll("button, select, input, a[href], [tabindex='0']")].filter((e) =>
    e.tabIndex >= 0 && e.offsetParent !== null && !e.closest("dialog") && (e.type !== "radio" || e.checked));

  const visibleFocus = () => {
    const e = document.activeElement, s = getComputedStyle(e.type === "radio" ? e.parentElement : e);
    return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
  };

  return {
    settled, empty, overlapping, alarming,
    height: () => document.documentElement.scrollHeight,
    wide: () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    count: () => widgets().length,
    // drawn is all that the charts, figures and states show, to tell whether a switch changed them.
    drawn: () => widgets().map((w) => [...w.querySelectorAll(".chart svg path, .legend .last, .value, .rows td, .alarms li")].map((e) => e.getAttribute("d") || e.className + e.textContent).join(";")).join("|"),
    mark: () => controls().forEach((e, i) => { e.dataset.control = i; }),
    focus: () => ({ control: document.activeElement?.dataset?.control ?? "", visible: visibleFocus() }),
    missed: (seen) => controls().filter((e) => !seen.includes(e.dataset.control)).map((e) => e.outerHTML.slice(0, 120)),
    unnamed: () => [...document.querySelectorAll(".chart")].filter((e) => e.getAttribute("role") !== "img" || !/last|no data/.test(e.getAttribute("aria-label") || "")).map((e) => nameOf(e.closest(".widget"))),
    axe: async () => (await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations
      .map((v) => `${v.id}: ${v.help}: ` + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message || "")).join("; ")),
  };
})();

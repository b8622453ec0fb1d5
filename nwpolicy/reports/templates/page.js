"use strict";
(() => {
  const every = (selector) => [...document.querySelectorAll(selector)];
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = every("details:not([open])");
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));

  const tools = document.getElementById("tools");
  if (!tools) return;
  const [search, kind, all, told] = ["search", "kind", "all", "told"].map((id) => document.getElementById(id));
  const entries = every("[data-tags]").map((element) => ({ element, tags: element.dataset.tags.split(" "), text: "" }));
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      entry.text ||= entry.element.textContent.toLowerCase();
      const fits = (!kind.value || entry.tags.includes(kind.value)) && words.every((word) => entry.text.includes(word));
      entry.element.hidden = !fits;
      shown += fits;
    }
    const narrowed = shown < entries.length;
    every(".rest").forEach((rest) => {
      rest.open = narrowed;
      rest.hidden = narrowed && !rest.querySelector("[data-tags]:not([hidden])");
    });
    told.textContent = `${shown.toLocaleString("en")} of ${entries.length.toLocaleString("en")} ${tools.dataset.what} shown`;
  };
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  kind.addEventListener("change", apply);
  all.addEventListener("click", () => {
    const open = every("details").some((one) => !one.open);
    every("details").forEach((one) => { one.open = open; });
    all.textContent = open ? "Close all details" : "Open all details";
  });
  tools.hidden = false;
})();

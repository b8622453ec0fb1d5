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
  const fits = (entry, words) => {
    entry.text ||= entry.element.textContent.toLowerCase();
    return (!kind.value || entry.tags.includes(kind.value)) && words.every((word) => entry.text.includes(word));
  };
  let frame = 0;
  // So many at a time, that the first ones are there at once.
  const show = (fitting, narrowed) => {
    fitting.splice(0, 200).forEach((entry) => { entry.element.hidden = false; });
    every(".rest").forEach((rest) => {
      rest.open = narrowed;
      rest.hidden = narrowed && !rest.querySelector("[data-tags]:not([hidden])");
    });
    if (fitting.length) frame = requestAnimationFrame(() => show(fitting, narrowed));
  };
  const apply = () => {
    cancelAnimationFrame(frame);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = entries.filter((entry) => fits(entry, words));
    entries.forEach((entry) => { entry.element.hidden = true; });
    const [shown, whole] = [fitting, entries].map((some) => some.length.toLocaleString("en"));
    told.textContent = `${shown} of ${whole} ${tools.dataset.what} shown`;
    show(fitting, fitting.length < entries.length);
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

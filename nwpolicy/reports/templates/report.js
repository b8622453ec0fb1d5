"use strict";
(() => {
  const tools = document.getElementById("tools");
  if (!tools) return;
  const rows = [...document.querySelectorAll("tr[data-kind]")].map((row) => ({ row, text: "" }));
  const search = document.getElementById("search");
  const kind = document.getElementById("kind");
  const told = document.getElementById("told");
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of rows) {
      entry.text ||= entry.row.textContent.toLowerCase();
      const fits = (!kind.value || entry.row.dataset.kind === kind.value || entry.row.dataset.risk === kind.value) &&
        words.every((word) => entry.text.includes(word));
      entry.row.hidden = !fits;
      shown += fits;
    }
    told.textContent = `${shown} of ${rows.length} changes shown`;
  };
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  kind.addEventListener("change", apply);
  document.getElementById("all").addEventListener("click", () => {
    const every = [...document.querySelectorAll("details")];
    const open = every.some((one) => !one.open);
    every.forEach((one) => { one.open = open; });
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  tools.hidden = false;
})();

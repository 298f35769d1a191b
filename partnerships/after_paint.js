// See after_paint.py. When all have run, the element says so to whoever drives the page, such as a test.
"use strict";
{
  const holder = document.currentScript;
  const fetchAll = () => {
    const scripts = holder.dataset.scripts.split(" ").map((src) => {
      return Object.assign(document.createElement("script"), { src, async: false });
    });
    scripts.at(-1).addEventListener("load", () => (holder.dataset.ready = ""));
    document.head.append(...scripts);
  };
  addEventListener("load", () => {
    if (!PerformanceObserver.supportedEntryTypes.includes("paint")) return fetchAll();
    new PerformanceObserver((_, observer) => {
      observer.disconnect();
      fetchAll();
    }).observe({ type: "paint", buffered: true });
  });
}

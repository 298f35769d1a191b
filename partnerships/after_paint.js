// See after_paint.py.
"use strict";
{
  const scripts = document.currentScript.dataset.scripts.split(" ");
  const fetchAll = () => {
    for (const src of scripts) {
      document.head.append(Object.assign(document.createElement("script"), { src, async: false }));
    }
  };
  addEventListener("load", () => {
    if (!PerformanceObserver.supportedEntryTypes.includes("paint")) return fetchAll();
    new PerformanceObserver((_, observer) => {
      observer.disconnect();
      fetchAll();
    }).observe({ type: "paint", buffered: true });
  });
}

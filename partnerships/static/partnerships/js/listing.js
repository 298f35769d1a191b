// A filtered list that changes in place. htmx fetches, swaps and keeps the address; here is what a whole page would have
// done by itself: focus, unfolded parts, the place on the page, the links to the other language, saying what came of it.
"use strict";
{
  const list = document.querySelector(".list-page");
  const status = document.querySelector(".list-status");
  const failure = document.querySelector(".list-failure");
  const heading = () => list.querySelector("h1");

  // Who goes back twice before this is there has the first page under the second one's address.
  const [visit] = performance.getEntriesByType("navigation");
  const bare = (address) => address.split("#")[0];
  if (visit?.type === "back_forward" && bare(visit.name) !== bare(location.href)) location.reload();

  // --- Where somebody is in the list ---

  let find = () => null; // what had the focus, in the new list
  let unfolded = new Map();
  let isReturn = false; // whether somebody went back or forward
  const scrolled = new Map(); // how far down somebody left the pages, by their addresses

  const facetOf = (element) => element.closest(".facet")?.querySelector("h3").textContent;
  const nameOf = (details) => `${details.className} ${facetOf(details)}`;

  // A way to find in another list what stands for this element there, if anything does.
  function finding(element) {
    if (element.matches(".facet-value")) {
      const sameAs = (link) => facetOf(link) + link.querySelector(".facet-label").lastChild.data;
      const wanted = sameAs(element);
      return () => [...list.querySelectorAll(".facet-value")].find((link) => sameAs(link) === wanted);
    }
    if (element.matches(".chip")) {
      const index = [...list.querySelectorAll(".chip")].indexOf(element);
      return () => list.querySelectorAll(".chip")[index];
    }
    return element.closest(".menu") ? () => list.querySelector(".menu > summary") : () => null;
  }

  function remember(used) {
    isReturn = !used;
    find = finding(used && !list.contains(document.activeElement) ? used : document.activeElement);
    unfolded = new Map([...list.querySelectorAll("details:not(.menu)")].map((it) => [nameOf(it), it.open]));
  }

  function resume() {
    for (const details of list.querySelectorAll("details")) {
      details.open = unfolded.get(nameOf(details)) ?? details.open;
    }
    const found = find();
    if (isReturn) {
      found?.focus({ preventScroll: true });
      if (scrolled.has(location.href)) window.scrollTo({ top: scrolled.get(location.href), behavior: "instant" });
      return;
    }
    if (found) {
      found.focus();
    } else {
      heading().tabIndex = -1;
      heading().focus({ preventScroll: true });
    }
    const results = list.querySelector(".results");
    if (!found?.closest(".facets") && results.getBoundingClientRect().top < 0) {
      results.scrollIntoView({ behavior: "instant" });
    }
  }

  // --- What came of it ---

  let tryAgain = null;

  function tell() {
    failure.hidden = true;
    for (const link of document.querySelectorAll("head [hreflang], .languages [hreflang]")) {
      const address = new URL(link.href);
      address.search = location.search;
      link.href = address;
    }
    // A heading that has the focus is read out anyway.
    if (document.activeElement !== heading()) status.replaceChildren(heading().textContent.trim());
  }

  function fail(request, again) {
    const reason = request.status === 0 ? "unreachable" : request.status === 429 ? "busy" : "broken";
    const seconds = Number(request.getResponseHeader("Retry-After")) || 60;
    const inWords = new Intl.NumberFormat(document.documentElement.lang, {
      style: "unit",
      unit: "second",
      unitDisplay: "long",
    });
    failure.firstElementChild.textContent = failure.dataset[reason].replace("{time}", inWords.format(seconds));
    failure.hidden = false;
    tryAgain = again;
  }

  failure.querySelector("button").addEventListener("click", () => tryAgain());

  // --- What is asked for ---

  // One listener stands for all links: noting each of them, as hx-boost does, keeps a phone busy before anything is asked.
  function ask(event, source, address) {
    event.preventDefault();
    htmx.ajax("GET", address, { source, event }).catch(() => {}); // what failed is told below
  }

  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link?.origin !== location.origin || link.pathname !== location.pathname || link.hash) return;
    // New windows and downloads are the browser's business.
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    ask(event, link, link.href);
  });
  list.addEventListener("submit", (event) => {
    const address = new URL(event.target.action);
    address.search = "";
    ask(event, event.target, address.href);
  });

  // --- What htmx does ---

  list.addEventListener("htmx:beforeSwap", ({ detail }) => detail.shouldSwap && remember(detail.requestConfig.elt));
  list.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target !== list) return;
    resume();
    tell();
  });
  for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    list.addEventListener(kind, ({ detail: { elt, xhr } }) => {
      fail(xhr, () => (elt.matches("form") ? elt.requestSubmit() : elt.click()));
    });
  }

  // Back and forward: the page is asked for again, and what was still under way is given up.
  let restoring = null;
  const reload = () => location.reload();
  window.addEventListener("popstate", () => htmx.trigger(list, "htmx:abort"));
  document.addEventListener("htmx:beforeHistoryUpdate", () => scrolled.set(location.href, window.scrollY));
  document.addEventListener("htmx:historyCacheMiss", ({ detail: { xhr } }) => {
    restoring?.abort();
    restoring = xhr;
    xhr.onerror = () => fail(xhr, reload);
  });
  document.addEventListener("htmx:historyCacheMissLoad", () => remember(null));
  document.addEventListener("htmx:historyCacheMissLoadError", ({ detail: { xhr } }) => fail(xhr, reload));

  // --- Small things ---

  document.addEventListener("click", ({ target }) => {
    const menu = list.querySelector(".menu[open]");
    if (menu && !menu.contains(target)) menu.open = false;
  });
  list.addEventListener("keydown", ({ key, target }) => {
    const menu = key === "Escape" && target.closest(".menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // Browsers that cannot show what a closed element holds: beside a wide list the filters are open.
  if (!CSS.supports("selector(::details-content)")) {
    list.querySelector(".filters").open = matchMedia("(min-width: 60rem)").matches;
  }
}

// Partnerships collected for a comparison while somebody browses. The choice is in the fragment of the address,
// “#compare=one,another”, and nowhere else: no cookie, nothing kept in the browser. Links within the site take it along.
// Without this script a row's link leads to the comparison itself.
"use strict";
{
  const MOST = 4;
  const NAME = "#compare=";
  const tray = document.querySelector(".tray");
  const status = document.querySelector(".tray-status");
  const { address, one, many, none, full } = tray.dataset;

  // What an address has chosen: slugs of plain letters, each once.
  function chosenIn(hash) {
    const slugs = hash.startsWith(NAME) ? hash.slice(NAME.length).split(",") : [];
    return [...new Set(slugs.filter((slug) => /^[-\w]{1,100}$/.test(slug)))].slice(0, MOST);
  }

  let chosen = chosenIn(location.hash);

  const fragment = () => (chosen.length ? NAME + chosen.join(",") : "");
  const slugOf = (link) => new URLSearchParams(link.search).get("p");
  const count = () => (chosen.length > 1 ? many.replace("{number}", chosen.length) : chosen.length ? one : none);

  function keep() {
    if (location.hash === fragment() || !(chosen.length || location.hash.startsWith(NAME))) return;
    history.replaceState(history.state, "", location.pathname + location.search + fragment());
  }

  function show() {
    for (const link of document.querySelectorAll("a.compare")) {
      const title = link.closest("article")?.querySelector("h1, h2")?.textContent.trim();
      link.role = "button";
      link.ariaPressed = chosen.includes(slugOf(link));
      if (title) link.ariaLabel = `${link.textContent.trim()}: ${title}`;
    }
    tray.hidden = !chosen.length;
    tray.querySelector(".tray-count").textContent = count();
    tray.querySelector("a").href = `${address}?${new URLSearchParams(chosen.map((slug) => ["p", slug]))}`;
  }

  function choose(slugs) {
    chosen = slugs;
    keep();
    show();
    status.textContent = count();
  }

  function toggle(link) {
    const slug = slugOf(link);
    if (chosen.includes(slug)) choose(chosen.filter((other) => other !== slug));
    else if (chosen.length < MOST) choose([...chosen, slug]);
    else status.textContent = tray.querySelector(".tray-count").textContent = full;
  }

  // A page of the site that can go on with the choice; lists that change in place are told below.
  function takesAlong(link) {
    const isPage = link.origin === location.origin && link.pathname.endsWith("/") && !link.pathname.includes("/admin/");
    return isPage && !link.pathname.endsWith(address) && (!link.hash || link.hash.startsWith(NAME));
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    if (link.matches(".compare")) {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      toggle(link);
    } else if (takesAlong(link) && !(link.closest(".list-page") && link.pathname === location.pathname)) {
      link.hash = fragment();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches?.("a.compare")) return;
    event.preventDefault(); // does not scroll
    toggle(event.target);
  });
  tray.querySelector("button").addEventListener("click", () => {
    choose([]);
    document.querySelector("main").focus({ preventScroll: true });
  });

  // A list that changed in place has another address and other rows; what is chosen stays, going back included.
  for (const kind of ["htmx:pushedIntoHistory", "htmx:historyRestore"]) document.addEventListener(kind, keep);
  document.addEventListener("htmx:load", show);
  // Another choice came with the address, or a link within the page took the choice out of it.
  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith(NAME) && !history.state?.htmx) chosen = chosenIn(location.hash);
    keep();
    show();
  });
  window.addEventListener("pageshow", ({ persisted }) => persisted && show());
  show();
}

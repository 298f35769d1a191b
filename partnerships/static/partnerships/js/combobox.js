// A search box that offers records while somebody types: an editable combobox with a list of links, as in the ARIA
// Authoring Practices. Without it, or when the offers do not come, the form around it works as ever.
"use strict";
{
  const WAIT = 120; // milliseconds after the last key
  const language = document.documentElement.lang;
  const other = language === "ja" ? "en" : "ja";

  function made(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // The text as a search sees it, character for character: without capitals, accents and full widths.
  const folded = (text) =>
    Array.from({ length: text.length }, (_, index) => text[index].normalize("NFKD")[0].toLowerCase()).join("");

  // The text with the words marked that it was found by: at the beginning of its own words, in Japanese anywhere.
  function marked(text, words) {
    const plain = folded(text);
    const pieces = [];
    let done = 0;
    const isStart = (at) => !/[\p{Script=Latin}\p{N}]/u.test(plain[at]) || !/[\p{L}\p{N}]/u.test(plain[at - 1] ?? " ");
    for (let at = 0; at < plain.length; at += 1) {
      const word = at >= done && isStart(at) && words.find((it) => plain.startsWith(it, at));
      if (!word) continue;
      pieces.push(text.slice(done, at), made("mark", {}, text.slice(at, at + word.length)));
      done = at + word.length;
    }
    return [...pieces, text.slice(done)];
  }

  function enhance(form) {
    const input = form.querySelector("input[type=search]");
    if (input.matches("[role]")) return;
    const { home, source, label, one, many, leads } = form.dataset; // leads: where a record leads to, if not to its own page
    const list = made("div", { class: "suggestions", id: "suggestions", role: "listbox", "aria-label": label, hidden: "" });
    const status = made("p", { class: "visually-hidden", role: "status" });
    input.after(list);
    form.append(status);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": list.id,
      "aria-expanded": "false",
    })) input.setAttribute(name, value);

    let timer = 0;
    let request = new AbortController();
    let active = null;
    const options = () => [...list.querySelectorAll("[role=option]")];

    function point(option) {
      active?.setAttribute("aria-selected", "false");
      active = option ?? null;
      active?.setAttribute("aria-selected", "true");
      active?.scrollIntoView({ block: "nearest" });
      if (active) input.setAttribute("aria-activedescendant", active.id);
      else input.removeAttribute("aria-activedescendant");
    }

    function open(isOpen) {
      list.hidden = !isOpen;
      input.setAttribute("aria-expanded", isOpen);
      if (!isOpen) point(null);
    }

    function close() {
      clearTimeout(timer);
      request.abort();
      open(false);
      status.textContent = "";
    }

    function named(result, field, words) {
      const own = language === "ja" ? result[`${field}_ja`] : result[field];
      const foreign = language === "ja" ? result[field] : result[`${field}_ja`];
      if (!own) return [made("span", { lang: other }, ...marked(foreign, words))];
      const names = [made("span", {}, ...marked(own, words))];
      if (foreign && foreign !== own) names.push(made("span", { class: "other-name", lang: other }, ...marked(foreign, words)));
      return names;
    }

    function option(result, index, words) {
      const region = result.region && result.region !== result.name ? named(result, "region", [])[0] : "";
      if (region) region.className = "small suggestion-region";
      return made(
        "a",
        {
          class: "suggestion",
          id: `suggestion-${index}`,
          role: "option",
          "aria-selected": "false",
          tabindex: "-1",
          href: leads ? leads.replace("{slug}", result.slug) : home + result.url.slice(1),
        },
        ...named(result, "name", words),
        region,
      );
    }

    function show({ query, results }) {
      const words = folded(query).split(" ");
      const types = form.dataset.completes.split(" ");
      let number = 0;
      point(null);
      list.replaceChildren(
        ...types.flatMap((type) => {
          const found = results.filter((result) => result.type === type);
          if (!found.length) return [];
          const title = made("span", { class: "suggestions-title", "aria-hidden": "true" }, form.dataset[type]);
          const offered = found.map((result) => option(result, (number += 1), words));
          return [made("div", { role: "group", "aria-label": form.dataset[type] }, title, ...offered)];
        }),
      );
      open(number > 0);
      status.textContent = number > 1 ? many.replace("{number}", number) : number ? one : "";
    }

    async function ask() {
      request.abort();
      const current = (request = new AbortController());
      try {
        const response = await fetch(`${source}?${new URLSearchParams({ q: input.value })}`, { signal: current.signal });
        const found = response.ok ? await response.json() : { query: "", results: [] };
        if (!current.signal.aborted) show(found);
      } catch {
        if (!current.signal.aborted) close();
      }
    }

    function typed() {
      clearTimeout(timer);
      if (input.value.trim()) timer = setTimeout(ask, WAIT);
      else close();
    }

    const keys = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Home: () => point(null),
      End: () => point(null),
      Enter: () => active && (active.click(), true),
      Escape: () => {
        if (list.hidden) input.value = "";
        close();
        return true;
      },
    };

    // From the input through the options and around.
    function move(step) {
      const offered = options();
      if (list.hidden && offered.length) open(true);
      else if (list.hidden) return void typed();
      const places = [null, ...offered];
      point(places.at((places.indexOf(active) + step) % places.length));
      return true;
    }

    input.addEventListener("input", (event) => event.isComposing || typed());
    input.addEventListener("compositionend", typed);
    input.addEventListener("keydown", (event) => {
      // 229: Safari tells of the Enter that ended a composition after its end.
      if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
      if (keys[event.key]?.()) event.preventDefault();
    });
    input.addEventListener("blur", close);
    form.addEventListener("submit", close);
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the input keeps the focus
  }

  const enhanceAll = (root) => root.querySelectorAll("form[data-completes]:not([data-completes=''])").forEach(enhance);
  enhanceAll(document);
  document.addEventListener("htmx:load", ({ target }) => enhanceAll(target)); // a search box that came with a new list
}

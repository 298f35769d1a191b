// Says while one types that a partnership may be recorded already; without this script, saving says so.
(() => {
  const region = document.querySelector(".like-typed");
  const form = region?.closest("form");
  if (!form) return;

  const asked = /^(title|title_ja|kind|participations-\d+-(actor|DELETE))$/;
  let timer = 0;
  let shown = "";
  let latest = "";

  function question() {
    const query = new URLSearchParams({ pk: region.dataset.pk });
    for (const [name, value] of new FormData(form)) {
      if (asked.test(name) && value) query.append(name, value);
    }
    return query.toString();
  }

  async function ask() {
    const query = question();
    if (query === latest) return;
    latest = query;
    const response = await fetch(`${region.dataset.address}?${query}`, { headers: { Accept: "application/json" } });
    if (!response.ok || query !== latest) return;
    const { found } = await response.json();
    const said = JSON.stringify(found);
    if (said === shown) return; // so that nobody hears the same again
    shown = said;
    region.replaceChildren(...(found.length ? [heading(), list(found)] : []));
  }

  function heading() {
    const text = document.createElement("p");
    text.textContent = region.dataset.heading;
    return text;
  }

  function list(found) {
    const items = document.createElement("ul");
    for (const { title, state, address, reasons } of found) {
      const link = document.createElement("a");
      link.href = address;
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = title;
      const item = document.createElement("li");
      item.append(link, ` (${state}) ${reasons.join(" ")}`);
      items.append(item);
    }
    return items;
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => (latest = "")), 500);
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  // The pickers of places tell their changes to jQuery only.
  window.django?.jQuery?.(form).on("change", "select", soon);
})();

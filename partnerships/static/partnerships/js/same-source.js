/* Says while an address is typed or pasted whether it is a source already; the form itself says so when it is saved. */
(() => {
  const field = document.querySelector("input[name='url']");
  const box = document.querySelector(".same-source");
  const pattern = document.querySelector(".same-source-pattern");
  if (!field || !box || !pattern) return;

  field.closest(".form-row").after(box);
  let asked = field.defaultValue; // of which the page itself says what there is to say
  let waiting;

  function show(found) {
    box.replaceChildren();
    box.classList.toggle("same-source-none", !found.sources.length);
    if (!found.sources.length) return;
    const content = pattern.content.cloneNode(true);
    const list = content.querySelector(".same-source-list");
    const row = list.querySelector("li");
    list.replaceChildren(
      ...found.sources.map((source) => {
        const line = row.cloneNode(true);
        const title = line.querySelector(".same-source-title");
        title.href = source.address;
        title.textContent = source.title;
        line.querySelector(".same-source-cited").textContent = source.cited;
        const choose = line.querySelector(".same-source-choose");
        if (choose) choose.href = source.choose;
        return line;
      }),
    );
    content.querySelector("input").value = found.key;
    box.append(content);
  }

  async function ask() {
    const url = field.value.trim();
    if (url === asked) return;
    asked = url;
    const address = new URL(box.dataset.lookup, location.href);
    address.search = new URLSearchParams({ url, but: box.dataset.but });
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return;
    const found = await answer.json();
    if (url === field.value.trim()) show(found);
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 300);
  });
  field.addEventListener("change", ask);
  ask(); // what was pasted before this script was there
})();

// Rows of a form: “same source as above” beside each source, and the cursor in a row that was just added.
"use strict";
{
  const sourcesOf = (row) => [...row.querySelectorAll("select[data-same-source]")];

  // The nearest row above, of any kind of rows, in which a source is chosen.
  const sourceAbove = (select) => {
    const all = [...document.querySelectorAll("select[data-same-source]")].filter(
      (other) => !other.closest(".empty-form"),
    );
    return all.slice(0, all.indexOf(select)).reverse().find((other) => other.value);
  };

  const take = (select, above) => {
    const chosen = above.selectedOptions[0];
    let option = [...select.options].find((each) => each.value === above.value);
    if (!option) {
      option = new Option(chosen.text, chosen.value);
      select.append(option);
    }
    select.value = above.value;
    // The admin's pickers show what jQuery tells them.
    window.django?.jQuery(select).trigger("change");
  };

  const offer = (select) => {
    if (select.closest(".empty-form") || select.parentElement.querySelector(".same-source")) {
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "same-source";
    button.textContent = select.dataset.sameSource;
    button.addEventListener("click", () => {
      const above = sourceAbove(select);
      if (above) {
        take(select, above);
      }
    });
    select.closest("td, .fieldBox, .flex-container")?.append(button);
    mind();
  };

  // Only where there is one above and none is chosen yet, or another one.
  const mind = () => {
    for (const button of document.querySelectorAll(".same-source")) {
      const select = button.parentElement.querySelector("select[data-same-source]");
      const above = sourceAbove(select);
      button.hidden = !above || above.value === select.value;
    }
  };

  const start = () => {
    for (const row of document.querySelectorAll(".inline-related")) {
      sourcesOf(row).forEach(offer);
    }
    window.django?.jQuery(document).on("change", "select[data-same-source]", mind);
    document.addEventListener("formset:added", (event) => {
      const row = event.target;
      sourcesOf(row).forEach(offer);
      mind();
      const first = row.querySelector(
        "td:not(.original) .select2-selection, td:not(.original) input:not([type=hidden]), .fieldBox input, .fieldBox textarea",
      );
      first?.focus();
    });
  };

  // After the admin's own scripts have made its pickers.
  if (document.readyState === "complete") {
    start();
  } else {
    window.addEventListener("load", start);
  }
}

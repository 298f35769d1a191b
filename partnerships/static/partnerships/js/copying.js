// Buttons that copy what a field holds. Without this script they are hidden, and the field can be selected as any other.
"use strict";
{
  for (const button of document.querySelectorAll("[data-copies]")) {
    const field = document.getElementById(button.dataset.copies);
    const status = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      status.textContent = "";
      try {
        await navigator.clipboard.writeText(field.value); // not there on plain http
        status.textContent = button.dataset.copied;
      } catch {
        status.textContent = button.dataset.failed;
      }
    });
  }
}

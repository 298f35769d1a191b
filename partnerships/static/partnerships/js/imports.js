// Goes on checking an import by itself, some rows at a time, and says that writing is under way. Without it, the same
// buttons do the same work.
for (const form of document.querySelectorAll("form[data-advances]")) {
  const bar = form.querySelector("progress");
  const told = form.querySelector("output");
  const button = form.querySelector("button");

  const advance = async () => {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || !answer.headers.get("Content-Type").startsWith("application/json")) {
      throw new Error(String(answer.status));
    }
    const { position, total, done } = await answer.json();
    bar.max = total;
    bar.value = position;
    told.value = `${position} / ${total}`;
    return done;
  };

  const advanceToTheEnd = async () => {
    while (!(await advance()));
    location.reload();
  };

  button.hidden = true;
  advanceToTheEnd().catch(() => {
    button.hidden = false; // somebody may try again
  });
}

for (const form of document.querySelectorAll("form[data-waits]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
    }
    form.dataset.sent = "yes";
    form.querySelector("progress").hidden = false;
  });
}

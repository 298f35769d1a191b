// Forms that use a passkey: which of allauth's scripts works on them, and what is said when it did not.
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const ids = { credential: "passkey-credential", data: "passkey-data" };
  const problem = form.querySelector("[data-passkey-problem]");
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    problem.hidden = false;
  });
  document.getElementById("passkey-button").addEventListener("click", () => { problem.hidden = true; });
  const forms = window.allauth.webauthn.forms;
  if (form.dataset.passkey === "login") {
    forms.loginForm({ ids: { ...ids, login: "passkey-button" } });
  } else if (form.dataset.passkey === "add") {
    forms.addForm({ ids: { ...ids, add: "passkey-button", passwordless: "passkey-passwordless" } });
  } else {
    forms.authenticateForm({ ids: { ...ids, authenticate: "passkey-button" } });
  }
})();

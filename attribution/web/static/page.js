// Everything works without this: it adds copy buttons, and shows progress without loading the page anew.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText("value" in source ? source.value : source.textContent);
    const before = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 1500);
  });
}

const watched = document.querySelector("[data-events]");
if (watched) {
  const source = new EventSource(watched.dataset.events);
  source.addEventListener("progress", (event) => {
    const batch = JSON.parse(event.data);
    watched.querySelector("progress").value = batch.done;
    watched.querySelector("[data-done]").textContent = batch.done;
    if (batch.state !== "running") {
      source.close();
      location.reload();
    }
  });
}

for (const box of document.querySelectorAll("textarea[data-submit]")) {
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !box.value.trim().includes("\n")) {
      event.preventDefault();
      box.form.requestSubmit();
    }
  });
}

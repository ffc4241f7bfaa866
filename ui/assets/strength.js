// Shows how good a new password is while it is typed. The door asks the server, which knows whose words are guessed
// first; nothing of it is kept there.
const WAIT = 250; // ms without a key
const LONGEST = 128; // characters; what follows makes no password worse

/** Follow `input` and show in `meter` what the server says; returns what stops it. */
export function watch(input, meter) {
  const words = meter.querySelector(".words");
  let timer, asked = 0;

  function show({ score = 0, good = false, words: said = "" } = {}) {
    meter.dataset.score = said ? Math.max(1, score) : "";
    meter.dataset.good = good;
    if (words.textContent !== said) words.textContent = said;
  }

  async function ask() {
    const turn = ++asked;
    const password = input.value.slice(0, LONGEST);
    if (!password) return show();
    try {
      const body = new URLSearchParams({ password, who: meter.dataset.who });
      const answer = await fetch("/password/strength", { method: "POST", body, credentials: "same-origin" });
      if (turn === asked && answer.ok) show(await answer.json());
    } catch {
      // the rule is checked again when the form is sent
    }
  }

  function typed() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }

  input.addEventListener("input", typed);
  if (input.value) typed();
  return () => { clearTimeout(timer); input.removeEventListener("input", typed); };
}

/** A button that shows what was typed, and hides it again. */
export function reveal(input, button) {
  const turn = () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
  };
  button.addEventListener("click", turn);
  input.form?.addEventListener("submit", () => { input.type = "password"; }); // or the browser keeps it as plain text
}

for (const meter of document.querySelectorAll("[data-password]")) { // in a plain page
  const input = document.getElementById(meter.dataset.password);
  watch(input, meter);
  reveal(input, meter.querySelector("button"));
  const note = document.getElementById(input.getAttribute("aria-describedby"));
  input.addEventListener("input", () => { // what was wrong with the one before is over
    input.removeAttribute("aria-invalid");
    note.className = "hint";
    note.textContent = note.dataset.hint;
  }, { once: true });
}

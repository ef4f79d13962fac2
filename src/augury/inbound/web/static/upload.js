// The progress of a file that is being sent. Without a script, the browser shows its own.
const form = document.querySelector("form[data-upload]");
form?.addEventListener("submit", event => {
  event.preventDefault();
  const bar = form.querySelector("progress"), button = form.querySelector("button"), sending = new XMLHttpRequest();
  bar.hidden = false;
  button.disabled = true;
  sending.upload.addEventListener("progress", seen => {
    if (seen.lengthComputable) bar.value = 100 * seen.loaded / seen.total;
  });
  sending.addEventListener("load", () => {
    const came = new DOMParser().parseFromString(sending.responseText, "text/html");
    const refusal = came.querySelector('[role="alert"], main p');
    if (sending.status < 400) { location.assign(sending.responseURL); return; }
    bar.hidden = true;
    button.disabled = false;
    let said = form.parentElement.querySelector("p.refusal");
    if (!said) {
      said = document.createElement("p");
      said.className = "refusal";
      said.setAttribute("role", "alert");
      form.before(said);
    }
    said.textContent = refusal ? refusal.textContent : String(sending.status);
  });
  sending.addEventListener("error", () => form.submit());
  sending.open("POST", form.action);
  sending.send(new FormData(form));
});

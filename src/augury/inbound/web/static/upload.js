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
  const file = form.querySelector("[type=file]"), fields = new FormData(form);
  sending.addEventListener("error", () => { form.append(file.closest("label")); form.submit(); });
  sending.open("POST", form.action);
  fields.delete(file.name);
  fields.append(file.name, file.files[0]); // the service reads the fields before the file
  sending.send(fields);
});

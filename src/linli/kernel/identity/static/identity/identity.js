/**
 * Passkeys in the browser: a form with data-passkey="make" or "sign" asks for one before it is sent, and
 * sends the answer as JSON in its field "answer". The question stands in the page (data-options).
 */

/** @param {string} text base64url */
function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function base64url(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {any} asked options as JSON; older browsers cannot read that form themselves */
function readable(asked) {
  const listed = (/** @type {any[]} */ list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
  const read = { ...asked, challenge: bytes(asked.challenge) };
  if (asked.user) read.user = { ...asked.user, id: bytes(asked.user.id) };
  if (asked.excludeCredentials) read.excludeCredentials = listed(asked.excludeCredentials);
  if (asked.allowCredentials) read.allowCredentials = listed(asked.allowCredentials);
  return read;
}

/** @param {PublicKeyCredential} made */
function answer(made) {
  const given = /** @type {any} */ (made.response);
  const response = { clientDataJSON: base64url(given.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[name]) response[name] = base64url(given[name]);
  }
  return JSON.stringify({ id: made.id, rawId: base64url(made.rawId), type: made.type, response });
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const { publicKey } = JSON.parse(document.getElementById(form.dataset.options).textContent);
  const options = { publicKey: readable(publicKey) };
  const made = form.dataset.passkey === "make"
    ? await navigator.credentials.create(options)
    : await navigator.credentials.get(options);
  return answer(/** @type {PublicKeyCredential} */ (made));
}

// capturing, and loaded before the guard that lets a form be sent only once
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.dataset.passkey || form.elements.answer.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const told = form.querySelector("[data-told]");
  told.hidden = true;
  ask(form).then(
    (given) => { form.elements.answer.value = given; form.requestSubmit(); },
    () => { told.hidden = false; }, // refused, timed out, or no passkey here: the browser has said which
  );
}, { capture: true });

document.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-print-codes]")) window.print();
});

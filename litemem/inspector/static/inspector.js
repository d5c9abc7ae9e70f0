// New memories appear while agents write, and the number of selected ones is shown.
// Everything works without this script; it loads nothing but pages of this server.
"use strict";

const events = document.currentScript.dataset.events;
const status = document.getElementById("live");

// -- selected memories

function selection() {
  const form = document.getElementById("chosen");
  if (!form) return;
  const boxes = () => [...document.querySelectorAll('input[form="chosen"]')];
  const show = () => {
    const number = boxes().filter((box) => box.checked).length;
    form.querySelector("[data-number]").value = number || "";
  };
  const all = form.querySelector("[data-select-all]");
  all.disabled = false;
  all.addEventListener("click", () => {
    const wanted = boxes().some((box) => !box.checked);
    for (const box of boxes()) box.checked = wanted;
    show();
  });
  document.addEventListener("change", show);
  show();
}

// -- live pages

let source = null;
let isLoading = false;
let isStale = false;

/** A person who writes, selects or reads an open panel is not interrupted. */
function isBusy(part) {
  return (
    part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")
  ) || part.querySelector("details[open] form, input:checked") !== null;
}

async function refresh() {
  if (isLoading) {
    isStale = true;
    return;
  }
  isLoading = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelectorAll("[data-live]");
    document.querySelectorAll("[data-live]").forEach((part, i) => {
      if (fresh[i] && !isBusy(part)) replace(part, fresh[i]);
    });
  } catch {
    // the server has ended; the stream says so
  } finally {
    isLoading = false;
    awaitCounts();
    if (isStale) {
      isStale = false;
      refresh();
    }
  }
}

let counting = 0;

/** A large file is counted while its page is shown already. */
function awaitCounts() {
  clearTimeout(counting);
  if (document.querySelector("[data-counting]")) counting = setTimeout(refresh, 1000);
}

function replace(part, fresh) {
  const known = new Set([...part.querySelectorAll("[data-id]")].map((each) => each.dataset.id));
  const focused = part.contains(document.activeElement) ? document.activeElement.href : null;
  const open = [...part.querySelectorAll("details")].map((each) => each.open);
  const nodes = document.importNode(fresh, true);
  nodes.querySelectorAll("details").forEach((each, i) => { if (open[i]) each.open = true; });
  let added = 0;
  for (const each of nodes.querySelectorAll("[data-id]")) {
    if (!known.has(each.dataset.id)) {
      each.classList.add("is-new");
      added += 1;
    }
  }
  part.replaceChildren(...nodes.childNodes);
  if (focused) [...part.querySelectorAll("a")].find((each) => each.href === focused)?.focus();
  if (added && known.size) status.textContent = added === 1 ? "1 new memory." : `${added} new memories.`;
}

function listen() {
  if (source || document.hidden || !document.querySelector("[data-live]")) return;
  source = new EventSource(events);
  source.addEventListener("change", refresh);
  source.addEventListener("open", () => { status.textContent = ""; });
  source.addEventListener("error", () => { status.textContent = "Not connected: is the server still running?"; });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source?.close(); // a browser opens few connections to one server: hidden pages give theirs up
    source = null;
  } else {
    listen();
    refresh();
  }
});
window.addEventListener("pagehide", () => { source?.close(); source = null; });
window.addEventListener("pageshow", (event) => { if (event.persisted) { listen(); refresh(); } });

selection();
listen();
awaitCounts();

// The site without a network: what the reader has visited – chapters, pictures, the in-browser
// Jupyter once it was opened – is kept here and shown when the network does not answer, answers with
// a server's error, or takes too long to begin. It is a service worker at the site's root; book.js
// registers it after a page has loaded.
"use strict";
const SITE = registration.scope; // other sites may have the same host: keep to our own folder
// A name that carries its content's hash never changes its content. Everything else is asked for
// first, so that a new build is never hidden behind an old one.
const HASHED = /[./-][0-9a-f]{7,64}(?:-[^/-]+-[^/-]+-[^/-]+)?\.\w+$/; // (a wheel's ends with three tags)
// How long a file that is kept is waited for, in ms: fully, or after one that did not come in time, and
// until one comes. (A room full of people at one access point; a page asks for files that ask for more.)
const FULL = 5000, SHORT = 500;
let patience = FULL;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { method, url, headers } = event.request;
  if (method !== "GET" || !url.startsWith(SITE) || headers.has("range")) return;
  event.respondWith(answer(event));
});

async function answer(event) {
  const name = event.request.url.replace(/[?#].*/, ""); // one build's file, not every build's
  const kept = caches
    .open(SITE)
    .then((cache) => cache.match(name, { ignoreVary: true }))
    .catch(() => undefined); // this browser keeps nothing: the network is enough
  if (HASHED.test(name) && (await kept)) return kept;
  const network = fetch(event.request).then(async (fresh) => {
    patience = FULL;
    if (fresh.status === 200 && !same(fresh, await kept)) event.waitUntil(keep(name, fresh.clone()));
    return fresh;
  });
  event.waitUntil(network.catch(() => {})); // what comes late is kept for the next time
  const late = new Promise((resolve) => setTimeout(resolve, patience, "late"));
  const fresh = await Promise.race([network, late]).catch(() => "failed");
  if (fresh === "late") patience = SHORT;
  return fresh.status < 500 ? fresh : (await kept) ?? network;
}

function same(fresh, kept) {
  const mark = ["etag", "last-modified"].find((header) => fresh.headers.has(header));
  return Boolean(mark) && fresh.headers.get(mark) === kept?.headers.get(mark);
}

async function keep(name, fresh) {
  try {
    await (await caches.open(SITE)).put(name, fresh);
  } catch (error) {
    // no room: begin again with what is visited now. (A page that is left half-way is no reason.)
    if (error.name === "QuotaExceededError") await caches.delete(SITE).catch(() => {});
  }
}

// What the reader has answered, kept in this browser and nowhere else. A browser may refuse to keep
// anything, and what is there may be anything: then nothing is remembered, and all else works.

const BOOK = "cnn-book/question/";
/** Told to this page, as "storage" is told to the others. */
export const REMEMBERED = "cnn-remembered";

const attempt = (act, otherwise) => {
  try {
    return act(localStorage) ?? otherwise;
  } catch {
    return otherwise;
  }
};

const parse = (text) => {
  const found = JSON.parse(text);
  const good = [found?.first, found?.right].every((value) => typeof value === "boolean");
  return good ? { first: found.first, right: found.right } : null;
};

/** { first: was the first try right?, right: was any? } of one question, or null. */
export const recall = (name) => attempt((store) => parse(store.getItem(BOOK + name)), null);

/** Note one try; the first one counts for ever. Returns what is now known. */
export function remember(name, right) {
  const known = recall(name);
  const now = { first: known ? known.first : right, right: right || Boolean(known?.right) };
  attempt((store) => store.setItem(BOOK + name, JSON.stringify(now)));
  dispatchEvent(new Event(REMEMBERED));
  return now;
}

/** Take everything out, also of questions that the book no longer has; returns it for restore(). */
export const forget = () =>
  attempt((store) => {
    const names = Object.keys(store).filter((key) => key.startsWith(BOOK));
    const kept = names.map((key) => [key, store.getItem(key)]);
    for (const key of names) store.removeItem(key);
    return kept;
  }, []);

export const restore = (kept) =>
  attempt((store) => {
    for (const [key, text] of kept) store.setItem(key, text);
  });

/** In words and as a sign; the same wherever it is shown. */
export const standing = (known) =>
  !known ? ["", "not answered yet"]
  : known.first ? ["✓", "right at the first try"]
  : known.right ? ["✓", "right, not at the first try"]
  : ["–", "not right yet"];

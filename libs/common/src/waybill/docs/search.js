// Searches the reference on this page: operations, events, problems and schemas. `/` focuses the
// field; the arrows choose a result, Enter goes to it, Escape closes the list.
const SHOWN_MAX = 12;

function entries() {
  const main = document.querySelector("main.reference");
  const places = main?.querySelectorAll("section[id], tr[id], h2[id]") ?? [];
  return [...places].map((place) => {
    const heading = place.querySelector("h3, strong") ?? place;
    const title = heading.textContent.replace(/#$/, "").trim();
    const route = place.querySelector(".route")?.textContent.trim() ?? "";
    const kind = place.className === "shape" ? "schema" : place.tagName === "TR" ? "problem" : "";
    const text = place.textContent.toLowerCase();
    return { place, title, detail: route || kind, head: `${title} ${route}`.toLowerCase(), text };
  });
}

// Those whose title has all words come first, then those whose text has them.
function matches(all, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const having = (part) => all.filter((each) => words.every((word) => each[part].includes(word)));
  return [...new Set([...having("head"), ...having("text")])].slice(0, SHOWN_MAX);
}

function build(all) {
  const box = document.createElement("div");
  box.className = "search";
  box.setAttribute("role", "search");
  box.innerHTML = `
    <input type="search" role="combobox" placeholder="Search /" aria-label="Search this page"
      aria-autocomplete="list" aria-expanded="false" aria-controls="found" autocomplete="off">
    <ul id="found" role="listbox" aria-label="Results" hidden></ul>
    <p role="status" hidden></p>`;
  document.querySelector("button.theme").before(box);
  const [input, list, status] = box.children;
  let found = [];
  let chosen = -1;

  function choose(number) {
    chosen = number;
    [...list.children].forEach((each, index) => {
      each.setAttribute("aria-selected", String(index === chosen));
    });
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[chosen].id);
    list.children[chosen].scrollIntoView({ block: "nearest" });
  }

  function show() {
    found = matches(all, input.value);
    list.replaceChildren(
      ...found.map((each, index) => {
        const option = document.createElement("li");
        option.id = `found-${index}`;
        option.setAttribute("role", "option");
        option.append(each.title);
        const detail = document.createElement("small");
        detail.textContent = each.detail;
        option.append(" ", detail);
        return option;
      }),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    status.hidden = list.hidden ? !input.value.trim() : true;
    status.textContent = status.hidden ? "" : "Nothing found";
    choose(found.length ? 0 : -1);
  }

  function close() {
    input.value = "";
    show();
  }

  function go(number) {
    const { place } = found[number];
    close();
    place.tabIndex = -1;
    location.hash = place.id;
    place.focus({ preventScroll: true });
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) choose((chosen + step + found.length) % found.length);
    else if (event.key === "Enter" && chosen >= 0) go(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the field keeps the focus
    const option = event.target.closest("[role=option]");
    if (option) go([...list.children].indexOf(option));
  });
  input.addEventListener("blur", close);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const all = entries();
  if (all.length) build(all);
});

// Light or dark as the system setting, until the user presses the button. Also the menu on a phone.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = localStorage.getItem("theme");
  return chosen ? chosen === "dark" : system.matches;
}

function show() {
  root.dataset.theme = isDark() ? "dark" : "light";
  root.classList.toggle("dark-mode", isDark()); // Swagger UI's name for it
}

show();
system.addEventListener("change", show);

document.addEventListener("click", (event) => {
  const menu = document.querySelector("button.menu");
  if (event.target.closest("button.theme")) {
    localStorage.setItem("theme", isDark() ? "light" : "dark");
    show();
  } else if (menu) {
    const open = event.target.closest("button.menu") && !root.classList.contains("menu-open");
    root.classList.toggle("menu-open", Boolean(open));
    menu.setAttribute("aria-expanded", String(Boolean(open)));
  }
});

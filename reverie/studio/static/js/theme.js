// Set the colour scheme before anything is painted: the chosen one, or else the system's, as it
// changes. It is no module, so that it runs at once.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = () => {
    const chosen = localStorage.getItem("theme");
    const system = dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : system;
  };
  dark.addEventListener("change", set);
  set();
}

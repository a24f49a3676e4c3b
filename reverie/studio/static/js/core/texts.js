// The words of the page, in the language that was chosen.

let texts = { en: {} };
let language = "en";

/** Take all languages from the server and choose one: the chosen one, or the browser's. */
export function useTexts(all) {
  texts = all;
  const wanted = [localStorage.getItem("language"), ...navigator.languages].filter(Boolean);
  language = wanted.map((code) => code.toLowerCase().split("-")[0]).find((code) => code in all) ?? "en";
  document.documentElement.lang = language === "zh" ? "zh-Hans" : language;
}

/** The languages there are, as [code, its own name]. */
export function languages() {
  return Object.entries(texts).map(([code, words]) => [code, words.name]);
}

export function chosenLanguage() {
  return language;
}

export function chooseLanguage(code) {
  localStorage.setItem("language", code);
  location.reload();
}

/**
 * A text by name, with `{value}` filled in. With `count` 1 there may be another form, `name_one`.
 */
export function t(name, values = {}) {
  const words = texts[language] ?? {};
  const key = values.count === 1 && `${name}_one` in words ? `${name}_one` : name;
  const text = words[key] ?? texts.en?.[key] ?? texts.en?.[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, value) => (value in values ? String(values[value]) : whole));
}

/** Whether there is a text of this name. */
export function hasText(name) {
  return name in (texts.en ?? {});
}

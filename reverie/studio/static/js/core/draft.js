// What was set but not begun: kept in the browser, so that a reload shows it again.

/** What is kept under `name`, over `otherwise`. */
export function draft(name, otherwise) {
  try {
    return { ...otherwise, ...JSON.parse(localStorage.getItem(`draft-${name}`) ?? "{}") };
  } catch {
    return { ...otherwise };
  }
}

export function keepDraft(name, value) {
  localStorage.setItem(`draft-${name}`, JSON.stringify(value));
}

// Calls to the server.

/** What the server refused, and what to do about it. */
export class Refusal extends Error {
  constructor(problem, remedy, status) {
    super(problem);
    this.remedy = remedy;
    this.status = status;
  }
}

/** The address of a call, with those parameters that are given. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** Ask the server. */
export async function get(path, parameters = {}, { signal } = {}) {
  return answered(await reach(address(path, parameters), { signal }));
}

/** Send to the server. */
export async function send(method, path, body = null, parameters = {}, { signal } = {}) {
  const headers = body === null ? {} : { "Content-Type": "application/json" };
  const options = { method, headers, signal, body: body === null ? null : JSON.stringify(body) };
  return answered(await reach(address(path, parameters), options));
}

export const post = (path, body, parameters, how) => send("POST", path, body, parameters, how);

/** Start a command of Reverie: `{job, line}`. */
export const command = (...list) => post("/api/command", { command: list.flat().map(String) });

async function reach(url, options) {
  try {
    return await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("", "", 0);
  }
}

async function answered(response) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const value = isJson ? await response.json() : null;
  if (response.ok) return value;
  throw new Refusal(value?.problem ?? value?.refused ?? response.statusText, value?.remedy ?? "", response.status);
}

/**
 * Send one file, and tell how much of it has gone.
 *
 * @param {File} file
 * @param {{folder: string, file: string}} place
 * @param {(share: number) => void} onProgress
 * @returns {{done: Promise, abort: () => void}}
 */
export function upload(file, place, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => onProgress(event.loaded / (event.total || 1));
    request.onabort = () => reject(new Refusal("", "", -1));
    request.onerror = () => reject(new Refusal("", "", 0));
    request.onload = () => {
      const value = parsed(request.responseText);
      if (request.status < 300) resolve(value);
      else reject(new Refusal(value?.problem ?? value?.refused ?? request.statusText, value?.remedy ?? "", request.status));
    };
  });
  request.open("PUT", address("/api/upload", place));
  request.send(file);
  return { done, abort: () => request.abort() };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const soundOf = (path, source) => address("/api/sound", { path, source });
export const pictureOf = (path, source) => address("/api/picture", { path, source });

// Elements of the page. Whatever comes from outside becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 *
 * @param {string} tag its name, and classes after dots: "button.button.main".
 * @param {object} attributes `on…` are listeners, `data` a map, null and false leave one out, true
 *   sets an empty one; `value`, `checked`, `disabled` and `hidden` are set as properties.
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name || "div");
  node.classList.add(...classes);
  setAttributes(node, attributes);
  node.append(...flat(children));
  return node;
}

/** Make an element of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElementNS(SVG, name);
  if (classes.length) node.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...flat(children));
  return node;
}

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "indeterminate", "open"]);

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "part") node.style.setProperty("--part", value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/** Put these children in the place of those of `node`, unless they are the same ones. */
export function fill(node, ...children) {
  const wanted = flat(children);
  const same =
    wanted.length === node.childNodes.length &&
    wanted.every((child, index) => child === node.childNodes[index]);
  if (!same) node.replaceChildren(...wanted);
  return node;
}

/**
 * Show a list, and keep what is shown of an item as long as the item is there, with its focus.
 *
 * @param {Element} parent of the items' elements alone.
 * @param {Array} items
 * @param {(item) => string} keyOf
 * @param {(item) => {node: Element, update?: (item) => void, close?: () => void}} make
 */
export function keyed(parent, items, keyOf, make) {
  const before = (parent.keyedParts ??= new Map());
  const after = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const part = before.get(key) ?? make(item);
    if (before.has(key)) part.update?.(item);
    before.delete(key);
    after.set(key, part);
  }
  for (const part of before.values()) {
    part.close?.();
    part.node.remove();
  }
  parent.keyedParts = after;
  let place = parent.firstElementChild;
  for (const { node } of after.values()) {
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}

/** Where typing is meant for a field and no key of ours. */
export function isTyping(target) {
  return (
    target instanceof Element &&
    Boolean(target.closest("textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])"))
  );
}

let last = 0;

/** A name that no other element has. */
export function freshId(stem = "e") {
  last += 1;
  return `${stem}-${last}`;
}

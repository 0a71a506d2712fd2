const ELEMENT = 1;

export const attributesOf = (element: Element): Attr[] => Array.from(element.attributes);

export const childrenOf = (element: Element): Element[] =>
  Array.from(element.childNodes).filter((node): node is Element => node.nodeType === ELEMENT);

/** The element itself and all below it, in the document's order. */
export function* elementsBelow(element: Element): Generator<Element> {
  yield element;
  for (const child of childrenOf(element)) yield* elementsBelow(child);
}

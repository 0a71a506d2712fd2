import { DOMParser } from '@xmldom/xmldom';
import { checkCharacters, checkMarkup } from './check-markup.js';
import { checkNamespaces, checkShape } from './check-shape.js';
import { Refusal } from './refusal.js';
import type { ElementName } from './shape.js';

export interface ParsedAssertion {
  /** Exactly the text that was parsed. */
  readonly text: string;
  readonly root: Element;
}

/** Any complaint of the parser, even a warning, ends the matter. */
const complain = (): never => {
  throw new Refusal('not well-formed');
};
const STRICT = { errorHandler: { warning: complain, error: complain, fatalError: complain } };

/**
 * Reads XML that must have the shape of an assertion, down to each attribute, and nothing beside it.
 * @param root what the document must be: an assertion with its signature, or one without
 * @throws Refusal
 */
export function parseDocument(source: string, root: ElementName): ParsedAssertion {
  checkCharacters(source);
  const text = checkMarkup(source);
  const document = new DOMParser(STRICT).parseFromString(text, 'text/xml');
  const element = document.documentElement;
  if (!element) throw new Refusal('not well-formed');
  checkNamespaces(element);
  checkShape(element, root);
  return { text, root: element };
}

import { childrenOf, elementsBelow, nameOf } from './check-shape.js';
import { Refusal, refuseUnless } from './refusal.js';

/** What an assertion says, as text: each value is judged by the check that is named after it. */
export interface Claims {
  readonly id: string;
  readonly version: string;
  readonly issueInstant: string;
  readonly issuer: string;
  readonly issuerFormat: string;
  readonly nameId: string;
  readonly confirmationMethod: string;
  readonly recipient: string;
  readonly confirmedUntil: string;
  readonly notBefore: string;
  readonly notOnOrAfter: string;
  readonly audience: string;
  readonly authnInstant: string;
  readonly contextClass: string;
  readonly contextDeclaration: string;
  readonly attributes: ReadonlyMap<string, readonly AttributeValue[]>;
}

export interface AttributeValue {
  readonly text: string;
  readonly code?: string;
  readonly codeSystem?: string;
}

/** Reads an assertion whose shape was checked, so that every element below is there exactly once. */
export function readClaims(assertion: Element): Claims {
  const the = (name: string): Element => one(assertion, name);
  const text = (name: string): string => the(name).textContent ?? '';
  const value = (name: string, attribute: string): string => the(name).getAttribute(attribute) ?? '';
  return {
    id: assertion.getAttribute('ID') ?? '',
    version: assertion.getAttribute('Version') ?? '',
    issueInstant: assertion.getAttribute('IssueInstant') ?? '',
    issuer: text('saml:Issuer'),
    issuerFormat: value('saml:Issuer', 'Format'),
    nameId: text('saml:NameID'),
    confirmationMethod: value('saml:SubjectConfirmation', 'Method'),
    recipient: value('saml:SubjectConfirmationData', 'Recipient'),
    confirmedUntil: value('saml:SubjectConfirmationData', 'NotOnOrAfter'),
    notBefore: value('saml:Conditions', 'NotBefore'),
    notOnOrAfter: value('saml:Conditions', 'NotOnOrAfter'),
    audience: text('saml:Audience'),
    authnInstant: value('saml:AuthnStatement', 'AuthnInstant'),
    contextClass: text('saml:AuthnContextClassRef'),
    contextDeclaration: text('saml:AuthnContextDecl'),
    attributes: attributesIn(the('saml:AttributeStatement')),
  };
}

function one(assertion: Element, name: string): Element {
  const [found, ...more] = [...elementsBelow(assertion)].filter((element) => nameOf(element) === name);
  if (!found || more.length > 0) throw new Refusal('element missing or repeated');
  return found;
}

/** No name twice, in whatever case or with whatever space around: the reader of the second one would be somebody else. */
function attributesIn(statement: Element): ReadonlyMap<string, readonly AttributeValue[]> {
  const attributes = childrenOf(statement).map(
    (attribute) => [attribute.getAttribute('Name') ?? '', childrenOf(attribute).map(attributeValue)] as const,
  );
  const names = attributes.map(([name]) => name);
  refuseUnless(
    names.every((name) => /^[!-~]{1,200}$/.test(name)),
    'attribute name',
  );
  refuseUnless(new Set(names.map((name) => name.toLowerCase())).size === names.length, 'attribute given twice');
  return new Map(attributes);
}

function attributeValue(element: Element): AttributeValue {
  const [coded] = childrenOf(element);
  if (!coded) return { text: element.textContent ?? '' };
  return { text: '', code: coded.getAttribute('code') ?? '', codeSystem: coded.getAttribute('codeSystem') ?? '' };
}

/** The only value of an attribute that must be there. */
export function theValue({ attributes }: Claims, name: string): AttributeValue {
  const [value, ...more] = attributes.get(name) ?? [];
  if (!value || more.length > 0) throw new Refusal(`attribute ${name}`);
  return value;
}

/** The namespaces that may be bound in an assertion; every other one is refused wherever it is bound. */
export const NAMESPACES = {
  saml: 'urn:oasis:names:tc:SAML:2.0:assertion',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
  hl7: 'urn:hl7-org:v3',
  xs: 'http://www.w3.org/2001/XMLSchema',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
} as const;

interface ElementShape {
  /** Attributes that may be there, `!` for those that must; all without namespace but `xsi:type`. */
  readonly attributes?: readonly string[];
  /** Children and how many: exactly, or from–to. An element has children, or text, or neither. */
  readonly children?: Readonly<Record<string, number | readonly [number, number]>>;
  readonly text?: true;
}

const CODED = ['xsi:type', 'code!', 'codeSystem!', 'codeSystemName', 'codeSystemVersion', 'displayName'] as const;

const CLAIMS = {
  'saml:Issuer': 1,
  'saml:Subject': 1,
  'saml:Conditions': 1,
  'saml:AuthnStatement': 1,
  'saml:AttributeStatement': 1,
} as const;

/** The parts of an assertion (SAML core §2.3, XMLDSig §4), cut down to those that a VIHF needs: a closed world. */
export const SHAPES = {
  signed: { attributes: ['ID!', 'Version!', 'IssueInstant!'], children: { ...CLAIMS, 'ds:Signature': 1 } },
  /** What the signature covers: the enveloped-signature transform took the signature out. */
  covered: { attributes: ['ID!', 'Version!', 'IssueInstant!'], children: CLAIMS },
  'saml:Issuer': { attributes: ['Format!'], text: true },
  'saml:Subject': { children: { 'saml:NameID': 1, 'saml:SubjectConfirmation': 1 } },
  'saml:NameID': { attributes: ['Format'], text: true },
  'saml:SubjectConfirmation': { attributes: ['Method!'], children: { 'saml:SubjectConfirmationData': 1 } },
  'saml:SubjectConfirmationData': { attributes: ['Recipient!', 'NotOnOrAfter!'] },
  'saml:Conditions': {
    attributes: ['NotBefore!', 'NotOnOrAfter!'],
    children: { 'saml:AudienceRestriction': 1, 'saml:OneTimeUse': [0, 1] },
  },
  'saml:OneTimeUse': {},
  'saml:AudienceRestriction': { children: { 'saml:Audience': 1 } },
  'saml:Audience': { text: true },
  'saml:AuthnStatement': { attributes: ['AuthnInstant!', 'SessionIndex'], children: { 'saml:AuthnContext': 1 } },
  'saml:AuthnContext': { children: { 'saml:AuthnContextClassRef': 1, 'saml:AuthnContextDecl': 1 } },
  'saml:AuthnContextClassRef': { text: true },
  'saml:AuthnContextDecl': { text: true },
  'saml:AttributeStatement': { children: { 'saml:Attribute': [1, 40] } },
  'saml:Attribute': {
    attributes: ['Name!', 'NameFormat', 'FriendlyName'],
    children: { 'saml:AttributeValue': [1, 8] },
  },
  'saml:AttributeValue': {
    attributes: ['xsi:type'],
    children: { 'hl7:Role': [0, 1], 'hl7:PurposeOfUse': [0, 1] },
    text: true,
  },
  'hl7:Role': { attributes: CODED },
  'hl7:PurposeOfUse': { attributes: CODED },
  'ds:Signature': { children: { 'ds:SignedInfo': 1, 'ds:SignatureValue': 1, 'ds:KeyInfo': [0, 1] } },
  'ds:SignedInfo': { children: { 'ds:CanonicalizationMethod': 1, 'ds:SignatureMethod': 1, 'ds:Reference': 1 } },
  'ds:CanonicalizationMethod': { attributes: ['Algorithm!'] },
  'ds:SignatureMethod': { attributes: ['Algorithm!'] },
  'ds:Reference': {
    attributes: ['URI!'],
    children: { 'ds:Transforms': 1, 'ds:DigestMethod': 1, 'ds:DigestValue': 1 },
  },
  'ds:Transforms': { children: { 'ds:Transform': 2 } },
  'ds:Transform': { attributes: ['Algorithm!'] },
  'ds:DigestMethod': { attributes: ['Algorithm!'] },
  'ds:DigestValue': { text: true },
  'ds:SignatureValue': { text: true },
  'ds:KeyInfo': { children: { 'ds:X509Data': 1 } },
  'ds:X509Data': { children: { 'ds:X509Certificate': [1, 3] } },
  'ds:X509Certificate': { text: true },
} as const satisfies Record<string, ElementShape>;

/** The two forms of an assertion. */
export type ElementName = 'signed' | 'covered';

export const shapeOf = (name: string): ElementShape | undefined =>
  Object.hasOwn(SHAPES, name) ? SHAPES[name as keyof typeof SHAPES] : undefined;

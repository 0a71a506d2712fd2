import type { Seal } from './a-certificate.js';
import { asParameter, attribute, aVihf, role, signed } from './a-vihf.js';

export const POSITIONS = ['before', 'inside', 'after'] as const;
export type Position = (typeof POSITIONS)[number];

/** What a forger starts from: a genuine assertion that he overheard, and what he would like to be. */
export interface Loot {
  readonly genuine: string;
  /** His own assertion, not signed; same certificate name, same establishment, another professional. */
  readonly evil: string;
  /** The same, signed by his own key. */
  readonly selfSigned: string;
  readonly signature: string;
  readonly id: string;
}

export const VICTIM = '899700218896';

export function aLoot(seal: Seal, stranger: Seal, finess: string): Loot {
  const id = '_overheard-0123456789abcdef';
  const genuine = opened(signed(aVihf(seal, finess, { id }), seal));
  const evil = aVihf(seal, finess, { nameId: VICTIM, id: '_invented-0123456789abcdef' });
  const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(genuine)?.[0] ?? '';
  return { genuine, evil, selfSigned: opened(signed(evil, stranger)), signature, id };
}

/** Empty elements with an end tag of their own, which changes nothing: their inside can then be reached. */
const opened = (xml: string): string => xml.replaceAll(/<([\w:]+)([^<>]*)\/>/g, '<$1$2></$1>');

export type Forgery = (loot: Loot, position: Position) => string | Buffer;

const ROOT_END = '</saml:Assertion>';

/** Puts content into an assertion: first of all, in the middle of its subject, or last. */
function put(xml: string, content: string, position: Position): string {
  if (position === 'before') return xml.replace(/^(<[^>]*>)/, (start) => start + content);
  if (position === 'inside') return xml.replace('</saml:Subject>', () => `${content}</saml:Subject>`);
  return xml.replace(new RegExp(`${ROOT_END}$`), () => content + ROOT_END);
}

/** Puts content beside one that is there: before it, within it, after it. */
function beside(xml: string, tag: string, content: string, position: Position): string {
  const pattern = new RegExp(`(<${tag}[ >][^>]*>|<${tag}>)(.*?)(</${tag}>)`, 's');
  return xml.replace(pattern, (_all, start: string, body: string, end: string) =>
    position === 'before'
      ? content + start + body + end
      : position === 'inside'
        ? start + content + body + end
        : start + body + end + content,
  );
}

/** Inserts into the text of an element: at its start, in the middle, at its end. */
function within(xml: string, tag: string, content: string, position: Position): string {
  const pattern = new RegExp(`(<${tag}[^>]*>)([^<]*)(</${tag}>)`);
  return xml.replace(pattern, (_all, start: string, text: string, end: string) => {
    const middle = position === 'before' ? 0 : position === 'inside' ? text.length >> 1 : text.length;
    return start + text.slice(0, middle) + content + text.slice(middle) + end;
  });
}

const without = (xml: string, part: string): string => xml.replace(part, '');
const withId = (xml: string, id: string): string => xml.replace(/ ID="[^"]*"/, ` ID="${id}"`);
const after = (loot: Loot, evil = loot.evil): string =>
  evil.replace('</saml:Issuer>', `</saml:Issuer>${loot.signature}`);
const object = (content: string): string => `<ds:Object>${content}</ds:Object>`;
const beginning = (xml: string, content: string, position: Position, between: readonly string[]): string => {
  const tag = between[position === 'before' ? 0 : position === 'inside' ? 1 : 2] ?? '';
  return xml.replace(
    tag,
    tag.replace(/>$/, '').replace(/(\s|$)/, () => ` ${content}$1`) + (tag.endsWith('>') ? '>' : ''),
  );
};

/** Start tags of three elements, where an attribute or a namespace may be slipped in. */
const TAGS = ['<saml:Assertion', '<saml:Subject', '<saml:AttributeStatement'];
const SIGNATURE_TAGS = ['<saml:Assertion', '<ds:Signature', '<ds:SignedInfo'];
const polluted =
  (attributeText: string, tags = TAGS): Forgery =>
  ({ genuine }, position) =>
    beginning(genuine, attributeText, position, tags);

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const response = (content: string) =>
  `<samlp:Response xmlns:samlp="${PROTOCOL}" ID="_r-0123456789abcdefgh">${content}</samlp:Response>`;
/** The first beside the second: before it, within it as its first content, or after it. */
const among = (evil: string, good: string, position: Position): string =>
  position === 'before' ? evil + good : position === 'after' ? good + evil : put(good, evil, 'before');

/** Signature wrapping (Somorovsky et al. 2012, XSW 1 to 8) and what later attacks added; each in three places. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  'XSW 1: the evil assertion around the genuine one, signature left where it is': ({ genuine, evil }, p) =>
    put(evil, genuine, p),
  'XSW 2: the evil assertion within the genuine one': ({ genuine, evil }, p) => put(genuine, evil, p),
  'XSW 3: both within one response': ({ genuine, evil }, p) => response(among(evil, genuine, p)),
  'XSW 4: the genuine assertion, without its signature, within the evil one that takes it': (loot, p) =>
    put(after(loot), without(loot.genuine, loot.signature), p),
  'XSW 5: the genuine assertion beside the evil one that took its signature': (loot, p) =>
    response(among(after(loot), without(loot.genuine, loot.signature), p)),
  'XSW 6: the genuine assertion within the signature of the evil one': (loot, p) =>
    put(
      loot.evil,
      loot.signature.replace('</ds:Signature>', `${without(loot.genuine, loot.signature)}</ds:Signature>`),
      p,
    ),
  'XSW 7: the evil assertion in an Extensions element': ({ genuine, evil }, p) =>
    response(among(`<samlp:Extensions>${evil}</samlp:Extensions>`, genuine, p)),
  'XSW 8: the genuine assertion in an Object of the evil one’s signature': (loot, p) =>
    put(
      loot.evil,
      loot.signature.replace('</ds:Signature>', `${object(without(loot.genuine, loot.signature))}</ds:Signature>`),
      p,
    ),
  'XSW, same ID: evil around genuine': ({ genuine, evil, id }, p) => put(withId(evil, id), genuine, p),
  'XSW, same ID: genuine around evil': ({ genuine, evil, id }, p) => put(genuine, withId(evil, id), p),
  'XSW, same ID: the signature moved': (loot, p) =>
    put(after(loot, withId(loot.evil, loot.id)), without(loot.genuine, loot.signature), p),
  'the signature taken to the evil assertion': (loot, p) => put(loot.evil, loot.signature, p),
  'the signature taken to the evil assertion of the same ID': (loot, p) =>
    put(withId(loot.evil, loot.id), loot.signature, p),
  'two roots': ({ genuine, evil }, p) => among(evil, genuine, p),
  'a response signed as a whole': ({ genuine }, p) => `<r>${put(genuine, '', p)}</r>`,
  'a WS-Security header around': ({ genuine, evil }, p) =>
    `<wsse:Security xmlns:wsse="urn:wsse">${among(evil, genuine, p)}</wsse:Security>`,
  'the forger’s own key and KeyInfo': ({ selfSigned }, p) => put(selfSigned, '\n', p),
  'two signatures, the forger’s and the genuine one': ({ genuine, selfSigned }, p) =>
    beside(genuine, 'ds:Signature', /<ds:Signature .*<\/ds:Signature>/s.exec(selfSigned)?.[0] ?? '', p),
  'the same signature twice': ({ genuine, signature }, p) => put(genuine, signature, p),
  'a second subject': ({ genuine, evil }, p) =>
    beside(genuine, 'saml:Subject', /<saml:Subject>.*<\/saml:Subject>/s.exec(evil)?.[0] ?? '', p),
  'a second NameID': ({ genuine }, p) => beside(genuine, 'saml:NameID', `<saml:NameID>${VICTIM}</saml:NameID>`, p),
  'a second NameID without namespace': ({ genuine }, p) =>
    beside(genuine, 'saml:NameID', `<NameID>${VICTIM}</NameID>`, p),
  'a second AuthnStatement': ({ genuine, evil }, p) =>
    beside(genuine, 'saml:AuthnStatement', /<saml:AuthnStatement.*<\/saml:AuthnStatement>/s.exec(evil)?.[0] ?? '', p),
  'a second AttributeStatement': ({ genuine, evil }, p) =>
    beside(
      genuine,
      'saml:AttributeStatement',
      /<saml:AttributeStatement.*<\/saml:AttributeStatement>/s.exec(evil)?.[0] ?? '',
      p,
    ),
  'second Conditions': ({ genuine, evil }, p) =>
    beside(genuine, 'saml:Conditions', /<saml:Conditions.*<\/saml:Conditions>/s.exec(evil)?.[0] ?? '', p),
  'a second issuer': ({ genuine }, p) =>
    beside(genuine, 'saml:Issuer', '<saml:Issuer Format="x">CN=evil</saml:Issuer>', p),
  'a second attribute of one name': ({ genuine }, p) =>
    beside(genuine, 'saml:Attribute', attribute('Identifiant_Structure', '690781810'), p),
  'a second profession': ({ genuine }, p) => beside(genuine, 'saml:AttributeValue', role('21'), p),
  'an advice with the evil assertion': ({ genuine, evil }, p) => put(genuine, `<saml:Advice>${evil}</saml:Advice>`, p),
  'an encrypted assertion beside': ({ genuine }, p) =>
    put(genuine, '<saml:EncryptedAssertion></saml:EncryptedAssertion>', p),
  'a comment in NameID': ({ genuine }, p) => within(genuine, 'saml:NameID', '<!---->', p),
  'a comment in the issuer': ({ genuine }, p) => within(genuine, 'saml:Issuer', '<!-- x -->', p),
  'a comment in DigestValue': ({ genuine }, p) => within(genuine, 'ds:DigestValue', '<!--x-->', p),
  'a comment in SignatureValue': ({ genuine }, p) => within(genuine, 'ds:SignatureValue', '<!--x-->', p),
  'a comment in AuthnContextDecl': ({ genuine }, p) => within(genuine, 'saml:AuthnContextDecl', '<!--x-->', p),
  'a comment anywhere': ({ genuine }, p) => put(genuine, '<!-- -->', p),
  'a processing instruction': ({ genuine }, p) => put(genuine, '<?evil pi?>', p),
  'a processing instruction in NameID': ({ genuine }, p) => within(genuine, 'saml:NameID', '<?x y?>', p),
  'a CDATA section in NameID': ({ genuine }, p) => within(genuine, 'saml:NameID', '<![CDATA[]]>', p),
  'a CDATA section': ({ genuine }, p) => put(genuine, `<![CDATA[<saml:NameID>${VICTIM}</saml:NameID>]]>`, p),
  'a DTD': ({ genuine }, p) =>
    among('<!DOCTYPE saml:Assertion [<!ATTLIST saml:Assertion ID ID #IMPLIED>]>', genuine, p),
  'an entity that is declared': ({ genuine }, p) =>
    `<!DOCTYPE a [<!ENTITY who "${VICTIM}">]>${within(genuine, 'saml:NameID', '&who;', p)}`,
  'an external entity': ({ genuine }, p) =>
    `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>${within(genuine, 'saml:NameID', '&x;', p)}`,
  'entities within entities': ({ genuine }, p) =>
    `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${within(genuine, 'saml:NameID', '&b;', p)}`,
  'an entity nobody declared': ({ genuine }, p) => within(genuine, 'saml:NameID', '&nobody;', p),
  'a character reference': ({ genuine }, p) => within(genuine, 'saml:NameID', '&#48;', p),
  'a character reference to nothing': ({ genuine }, p) => within(genuine, 'saml:NameID', '&#x0;', p),
  'a second Reference': ({ genuine }, p) =>
    beside(genuine, 'ds:Reference', /<ds:Reference.*<\/ds:Reference>/s.exec(genuine)?.[0] ?? '', p),
  'a Reference to the evil part': ({ genuine, evil }, p) =>
    put(genuine.replace(/URI="#[^"]*"/, 'URI="#_invented-0123456789abcdef"'), evil, p),
  'two SignedInfo': ({ genuine }, p) =>
    beside(genuine, 'ds:SignedInfo', /<ds:SignedInfo.*<\/ds:SignedInfo>/s.exec(genuine)?.[0] ?? '', p),
  'two DigestValue': ({ genuine }, p) =>
    beside(genuine, 'ds:DigestValue', `<ds:DigestValue>${'A'.repeat(43)}=</ds:DigestValue>`, p),
  'two SignatureValue': ({ genuine }, p) =>
    beside(genuine, 'ds:SignatureValue', '<ds:SignatureValue>AAAA</ds:SignatureValue>', p),
  'a third transform': ({ genuine }, p) =>
    beside(
      genuine,
      'ds:Transform',
      '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></ds:Transform>',
      p,
    ),
  'an XPath transform that keeps nothing': ({ genuine }, p) =>
    beside(
      genuine,
      'ds:Transforms',
      '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>0</ds:XPath></ds:Transform>',
      p,
    ),
  'an Object in the signature': ({ genuine, evil }, p) => beside(genuine, 'ds:SignedInfo', object(evil), p),
  'a KeyInfo with a key by value': ({ genuine }, p) => beside(genuine, 'ds:KeyInfo', '<ds:KeyValue></ds:KeyValue>', p),
  'pollution: ID in the namespace of the protocol': polluted(
    `xmlns:samlp="${PROTOCOL}" samlp:ID="_overheard-0123456789abcdef"`,
  ),
  'pollution: ID again in another case': polluted('Id="_invented-0123456789abcdef"'),
  'pollution: ID again in lower case': polluted('id="_invented-0123456789abcdef"'),
  'pollution: ID twice': polluted('ID="_invented-0123456789abcdef"'),
  'pollution: xml:id': polluted('xml:id="_overheard-0123456789abcdef"'),
  'pollution: wsu:Id': polluted(
    'xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="_overheard-0123456789abcdef"',
  ),
  'pollution: an attribute that begins like a declaration': polluted('xmlnsEvil="x"'),
  'pollution: a prefix that begins like xmlns': polluted('xmlns:xmlnsx="urn:hl7-org:v3" xmlnsx:evil="x"'),
  'pollution: xml:base': polluted('xml:base="http://evil.test/"'),
  'pollution: xsi:nil': polluted('xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'),
  'confusion: the prefix bound to another namespace': polluted('xmlns:saml="urn:evil"', [
    '<saml:Subject',
    '<saml:NameID',
    '<saml:AttributeStatement',
  ]),
  'confusion: the signature’s prefix bound to SAML': polluted('xmlns:ds="urn:oasis:names:tc:SAML:2.0:assertion"', [
    '<ds:SignedInfo',
    '<ds:Reference',
    '<ds:KeyInfo',
  ]),
  'confusion: an unknown namespace that is not used': polluted('xmlns:evil="urn:evil"'),
  'confusion: xmlns bound to itself': polluted('xmlns:xmlns="http://www.w3.org/2000/xmlns/"'),
  'confusion: xml bound to another namespace': polluted('xmlns:xml="urn:hl7-org:v3"'),
  'confusion: SAML 1.1': ({ genuine }, p) => put(genuine.replaceAll('SAML:2.0:assertion', 'SAML:1.0:assertion'), '', p),
  'void canonicalisation: a relative namespace': polluted('xmlns:v="1"', SIGNATURE_TAGS),
  'void canonicalisation: an empty prefix binding': polluted('xmlns:v=""', SIGNATURE_TAGS),
  'void canonicalisation: an empty default namespace': polluted('xmlns=""', SIGNATURE_TAGS),
  'void canonicalisation: the digest of nothing': ({ genuine, evil, signature }, p) =>
    put(
      evil,
      signature.replace(/<ds:DigestValue>[^<]*/, '<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='),
      p,
    ) + genuine.slice(0, 0),
  'an element without namespace': ({ genuine }, p) => put(genuine, '<x></x>', p),
  'text between elements': ({ genuine }, p) => put(genuine, VICTIM, p),
  'white space in NameID': ({ genuine }, p) => within(genuine, 'saml:NameID', ' ', p),
  'a letter changed in NameID': ({ genuine }, p) => within(genuine, 'saml:NameID', '0', p),
  'a letter changed in the digest': ({ genuine }, p) => within(genuine, 'ds:DigestValue', 'A', p),
  'a letter changed in the signature': ({ genuine }, p) => within(genuine, 'ds:SignatureValue', 'A', p),
  'a carriage return': ({ genuine }, p) => put(genuine, '\r', p),
  'a carriage return in NameID': ({ genuine }, p) => within(genuine, 'saml:NameID', '\r', p),
  'the line end of XML 1.1': ({ genuine }, p) => put(genuine, '\u0085', p),
  'the line separator': ({ genuine }, p) => put(genuine, '\u2028', p),
  'a null': ({ genuine }, p) => within(genuine, 'saml:NameID', '\u0000', p),
  'a control character': ({ genuine }, p) => within(genuine, 'saml:NameID', '\u0008', p),
  'a byte order mark': ({ genuine }, p) => among('\ufeff', genuine, p === 'inside' ? 'before' : p),
  'a mark that turns the writing': ({ genuine }, p) => within(genuine, 'saml:NameID', '\u202e', p),
  'a zero-width mark at the seams': ({ genuine }, p) => within(genuine, 'saml:NameID', '\u200b', p),
  'full-width digits': ({ genuine }, p) => within(genuine, 'saml:NameID', '\uff18', p),
  'bytes that are not UTF-8': ({ genuine }, p) => spliced(genuine, Buffer.from([0xc0, 0xaf]), p),
  'a surrogate in UTF-8': ({ genuine }, p) => spliced(genuine, Buffer.from([0xed, 0xa0, 0x80]), p),
  'twenty thousand elements': ({ genuine }, p) => put(genuine, '<saml:x></saml:x>'.repeat(5_000), p),
  'very deep elements': ({ genuine }, p) => put(genuine, '<saml:x>'.repeat(2_000) + '</saml:x>'.repeat(2_000), p),
  'more than 100 kB': ({ genuine }, p) => put(genuine, ' '.repeat(100_001), p),
  'an end tag too many': ({ genuine }, p) => put(genuine, '</saml:x>', p),
  'a start tag too many': ({ genuine }, p) => put(genuine, '<saml:x>', p),
  'an attribute without quotes': polluted('a=b'),
  'an attribute without value': polluted('a'),
  'an attribute that holds a tag': polluted('SessionIndex="<saml:NameID>"'),
};

function spliced(xml: string, bytes: Buffer, position: Position): Buffer {
  const at = xml.indexOf('</saml:NameID>') - (position === 'before' ? 12 : position === 'inside' ? 6 : 0);
  return Buffer.concat([Buffer.from(xml.slice(0, at)), bytes, Buffer.from(xml.slice(at))]);
}

/** One assertion, handed over in ways that are not base64url of UTF-8. */
export const ENCODINGS: Readonly<Record<string, (genuine: string) => string>> = {
  nothing: () => '',
  'the XML itself': (genuine) => genuine,
  'base64 with its own alphabet': (genuine) => Buffer.from(`${genuine}\n\n`).toString('base64').replace(/=*$/, '/+'),
  padding: (genuine) => `${asParameter(genuine)}=`,
  'a line break': (genuine) => `${asParameter(genuine).slice(0, 76)}\n${asParameter(genuine).slice(76)}`,
  'a space': (genuine) => `${asParameter(genuine)} `,
  'bits left over': (genuine) =>
    asParameter(`${genuine}${' '.repeat((4 - (Buffer.byteLength(genuine) % 3)) % 3)}`).replace(/.$/, 'B'),
  'one letter more': (genuine) => `${asParameter(genuine)}A`,
  'UTF-16': (genuine) => Buffer.from(genuine, 'utf16le').toString('base64url'),
  'Latin-1': (genuine) => Buffer.from(genuine, 'latin1').toString('base64url'),
  'a declaration of Latin-1': (genuine) => asParameter(`<?xml version="1.0" encoding="ISO-8859-1"?>${genuine}`),
  'a declaration of UTF-7': (genuine) => asParameter(`<?xml version="1.0" encoding="UTF-7"?>${genuine}`),
  'XML 1.1': (genuine) => asParameter(`<?xml version="1.1" encoding="UTF-8"?>${genuine}`),
  'two declarations': (genuine) => asParameter(`<?xml version="1.0"?><?xml version="1.0"?>${genuine}`),
  'a style sheet': (genuine) => asParameter(`<?xml version="1.0"?><?xml-stylesheet href="x"?>${genuine}`),
  'base64 twice': (genuine) => asParameter(asParameter(genuine)),
  JSON: (genuine) => asParameter(JSON.stringify(genuine)),
  'half of it': (genuine) => asParameter(genuine.slice(0, genuine.length / 2)),
};

import { createSign, randomUUID } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import type { Seal } from './a-certificate.js';

export const AUDIENCE = 'https://register.test/graphql';
export const TOKEN_ENDPOINT = 'https://register.test/token';
export const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

/** Everything that a VIHF says, as its author wants it. */
export interface VihfFields {
  readonly id: string;
  readonly issuer: string;
  readonly issuerFormat: string;
  readonly version: string;
  readonly nameId: string;
  readonly method: string;
  readonly recipient: string;
  readonly audience: string;
  readonly contextClass: string;
  readonly declaration: string;
  readonly finess: string;
  readonly vihfVersion: string;
  readonly role: string;
  readonly purpose: string;
  readonly subjectId: string;
  /** Seconds from now. */
  readonly issued: number;
  readonly from: number;
  readonly until: number;
  readonly confirmedUntil: number;
  readonly authenticated: number;
  readonly more: string;
}

export const NOW = new Date(Math.floor(Date.now() / 1000) * 1000);
const at = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toISOString();

export const role = (code: string, system = '1.2.250.1.213.1.1.5.5'): string =>
  `<saml:AttributeValue><hl7:Role xmlns:hl7="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="hl7:CE" code="${code}" codeSystem="${system}" displayName="Médecin"></hl7:Role></saml:AttributeValue>`;
export const attribute = (name: string, text: string): string =>
  `<saml:Attribute Name="${name}"><saml:AttributeValue>${text}</saml:AttributeValue></saml:Attribute>`;

const DEFAULTS: Omit<VihfFields, 'id' | 'issuer' | 'finess'> = {
  issuerFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName',
  version: '2.0',
  nameId: '899700366240',
  method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
  recipient: TOKEN_ENDPOINT,
  audience: AUDIENCE,
  contextClass: `${CLASSES}SmartCardPKI`,
  declaration: 'CPS',
  vihfVersion: '3.0',
  role: role('10'),
  purpose:
    '<hl7:PurposeOfUse xmlns:hl7="urn:hl7-org:v3" code="normal" codeSystem="1.2.250.1.213.1.1.4.248"></hl7:PurposeOfUse>',
  subjectId: 'DUBOIS, HÉLÈNE, HOPITAL D’ESSAI',
  issued: -2,
  from: -2,
  until: 280,
  confirmedUntil: 280,
  authenticated: -60,
  more: '',
};

/** An assertion without its signature. */
export function aVihf(seal: Seal, finess: string, given: Partial<VihfFields> = {}): string {
  const v: VihfFields = { ...DEFAULTS, id: `_${randomUUID()}`, issuer: seal.issuer, finess, ...given };
  return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${v.id}" IssueInstant="${at(v.issued)}" Version="${v.version}">
  <saml:Issuer Format="${v.issuerFormat}">${v.issuer}</saml:Issuer>
  <saml:Subject><saml:NameID>${v.nameId}</saml:NameID><saml:SubjectConfirmation Method="${v.method}"><saml:SubjectConfirmationData NotOnOrAfter="${at(v.confirmedUntil)}" Recipient="${v.recipient}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>
  <saml:Conditions NotBefore="${at(v.from)}" NotOnOrAfter="${at(v.until)}"><saml:AudienceRestriction><saml:Audience>${v.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
  <saml:AuthnStatement AuthnInstant="${at(v.authenticated)}"><saml:AuthnContext><saml:AuthnContextClassRef>${v.contextClass}</saml:AuthnContextClassRef><saml:AuthnContextDecl>${v.declaration}</saml:AuthnContextDecl></saml:AuthnContext></saml:AuthnStatement>
  <saml:AttributeStatement>${attribute('VIHF_Version', v.vihfVersion)}${attribute('Authentification_mode', 'INDIRECTE_RENFORCEE')}${attribute('Identifiant_Structure', v.finess)}${attribute('Secteur_Activite', 'SA01^1.2.250.1.71.4.2.4')}${attribute('urn:oasis:names:tc:xspa:1.0:subject:subject-id', v.subjectId)}<saml:Attribute Name="urn:oasis:names:tc:xacml:2.0:subject:role">${v.role}</saml:Attribute>${attribute('urn:oasis:names:tc:xspa:1.0:subject:purposeofuse', v.purpose)}${attribute('Ressource_URN', 'urn:dmp')}${v.more}</saml:AttributeStatement>
</saml:Assertion>`;
}

export interface SigningOptions {
  readonly algorithm?: string;
  readonly canonicalization?: string;
  readonly transforms?: readonly string[];
  readonly digest?: string;
  readonly prefix?: string;
  readonly xpath?: string;
  readonly emptyUri?: boolean;
  /** Of another key: what an attacker says of himself. */
  readonly keyInfo?: string | null;
  readonly more?: readonly string[];
}

const EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/** Signs as an establishment's own software would: after the issuer, with the seal in KeyInfo. */
export function signed(xml: string, seal: Seal, options: SigningOptions = {}): string {
  const signer = new SignedXml({
    privateKey: seal.privateKey,
    publicCert: options.keyInfo === null ? undefined : (options.keyInfo ?? seal.pem),
    canonicalizationAlgorithm: (options.canonicalization ?? EXC) as never,
    signatureAlgorithm: (options.algorithm ?? methodOf(seal)) as never,
  });
  Object.assign(signer.SignatureAlgorithms, { [ECDSA]: EcdsaSigner });
  for (const xpath of [options.xpath ?? '/*', ...(options.more ?? [])]) {
    signer.addReference({
      xpath,
      transforms: (options.transforms ?? [ENVELOPED, EXC]) as never,
      digestAlgorithm: (options.digest ?? 'http://www.w3.org/2001/04/xmlenc#sha256') as never,
      isEmptyUri: options.emptyUri ?? false,
    });
  }
  const location = { reference: "/*/*[local-name(.)='Issuer']", action: 'after' as const };
  signer.computeSignature(xml, { prefix: options.prefix ?? 'ds', location });
  return signer.getSignedXml();
}

const ECDSA = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
export const methodOf = ({ kind }: Seal): string =>
  kind === 'ec' ? ECDSA : 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

class EcdsaSigner {
  getAlgorithmName = () => ECDSA;
  getSignature = (material: string, key: string): string =>
    createSign('sha256').update(material).sign({ key, dsaEncoding: 'ieee-p1363' }, 'base64');
  verifySignature = (): boolean => false;
}

/** The parameter `assertion` of RFC 7522. */
export const asParameter = (xml: string): string => Buffer.from(xml, 'utf8').toString('base64url');

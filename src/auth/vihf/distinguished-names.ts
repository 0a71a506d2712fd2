/** Types that one writer names and another numbers. */
const ALIASES: Readonly<Record<string, string>> = {
  '2.5.4.97': 'ORGANIZATIONIDENTIFIER',
  'OID.2.5.4.97': 'ORGANIZATIONIDENTIFIER',
  E: 'EMAILADDRESS',
  S: 'ST',
};

/**
 * Whether a name written as RFC 4514 does (`CN=…,OU=…,C=FR`, the last part first) is the subject that node gives, one
 * part a line in the certificate's order. Values are compared exactly, escapes included.
 */
export function sameName(written: string, subject: string): boolean {
  const ours = subject.split('\n').map(part).reverse();
  const theirs = written.split(/(?<!\\),/).map(part);
  return ours.length > 0 && ours.length === theirs.length && ours.every((value, index) => value === theirs[index]);
}

function part(text: string): string {
  const equals = text.indexOf('=');
  const type = text.slice(0, equals).trim().toUpperCase();
  return `${ALIASES[type] ?? type}=${text.slice(equals + 1).trim()}`;
}

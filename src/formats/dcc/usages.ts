/** Extended key usages of a document signer (DOMAIN §3.1). */
export type Usage = 't' | 'v' | 'r';

export const USAGE_OIDS: Readonly<Record<Usage, string>> = {
  t: '1.3.6.1.4.1.1847.2021.1.1',
  v: '1.3.6.1.4.1.1847.2021.1.2',
  r: '1.3.6.1.4.1.1847.2021.1.3',
};

/** The usages that a certificate names; undefined, which is all, when it names none of them. */
export function usagesOf(oids: readonly string[]): ReadonlySet<Usage> | undefined {
  const named = (Object.keys(USAGE_OIDS) as Usage[]).filter((usage) => oids.includes(USAGE_OIDS[usage]));
  return named.length > 0 ? new Set(named) : undefined;
}

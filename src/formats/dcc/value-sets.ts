/**
 * Codes of the vaccination certificate: ehn-dcc-valuesets, release of 2023 (DOMAIN §3.3).
 * Data only. A product that is not here cannot be certified.
 */
export const VALUE_SETS_RELEASE = '2023';

/** `tg`: COVID-19, SNOMED CT. */
export const TARGET_DISEASE = '840539006';

/** `vp`: SNOMED CT codes of the vaccine type. `J07BX03` is in the set but deprecated: read, never issued. */
export const VACCINE_TYPES = {
  MRNA: '1119349007',
  NON_REPLICATING_VECTOR: '29061000087103',
  RECOMBINANT_SPIKE: '1162643001',
  INACTIVATED: '1157024006',
} as const;

export interface DccProduct {
  readonly name: string;
  /** Central marketing authorisation; adapted (bivalent) versions keep that of the original. */
  readonly mp: string;
  /** EMA organisation number of the holder. */
  readonly ma: string;
  readonly vp: string;
  /** Date of the EU marketing authorisation, from general knowledge; for display, no rule rests on it. */
  readonly authorised: string;
}

const { MRNA, NON_REPLICATING_VECTOR, RECOMBINANT_SPIKE, INACTIVATED } = VACCINE_TYPES;

// biome-ignore format: a table
export const PRODUCTS: readonly DccProduct[] = [
  // DOMAIN §3.3, rows 1-6: mp, ma and recommended vp as in the value sets.
  { name: 'Comirnaty',       mp: 'EU/1/20/1528', ma: 'ORG-100030215', vp: MRNA,                   authorised: '2020-12-21' },
  { name: 'Spikevax',        mp: 'EU/1/20/1507', ma: 'ORG-100031184', vp: MRNA,                   authorised: '2021-01-06' },
  { name: 'Vaxzevria',       mp: 'EU/1/21/1529', ma: 'ORG-100001699', vp: NON_REPLICATING_VECTOR, authorised: '2021-01-29' },
  { name: 'Jcovden',         mp: 'EU/1/20/1525', ma: 'ORG-100001417', vp: NON_REPLICATING_VECTOR, authorised: '2021-03-11' },
  { name: 'Nuvaxovid',       mp: 'EU/1/21/1618', ma: 'ORG-100032020', vp: RECOMBINANT_SPIKE,      authorised: '2021-12-20' },
  { name: 'Valneva',         mp: 'EU/1/21/1624', ma: 'ORG-100036422', vp: INACTIVATED,            authorised: '2022-06-24' },
  // DOMAIN §3.3, rows 7-8: mp and ma as in the value sets, vp read from the type of vaccine.
  { name: 'VidPrevtyn Beta', mp: 'EU/1/21/1580', ma: 'ORG-100000788', vp: RECOMBINANT_SPIKE,      authorised: '2022-11-10' },
  { name: 'Bimervax',        mp: 'EU/1/22/1709', ma: 'ORG-100036914', vp: RECOMBINANT_SPIKE,      authorised: '2023-03-30' },
];

const BY_MP = new Map(PRODUCTS.map((product) => [product.mp, product]));

/** The product of a marketing authorisation (`mp`), or `undefined`. */
export function findProduct(mp: string): DccProduct | undefined {
  return BY_MP.get(mp);
}

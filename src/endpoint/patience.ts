/** How long each stage of a request may take, and how many may be under way (SECURITY A54). Times in milliseconds. */
export interface Patience {
  /** From the opening of a connection to the end of the headers. */
  readonly headers: number;
  /** To the last byte of the body, however slowly it drips. */
  readonly request: number;
  /** From the end of the headers to the answer; then the work is given up. Longer than two statements of two seconds. */
  readonly deadline: number;
  /** Without a byte read or taken, while an answer is on its way. */
  readonly silence: number;
  /** Between two requests on one connection. */
  readonly keepAlive: number;
  /** How often slow connections are looked for. */
  readonly checks: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

export const PATIENCE: Patience = {
  headers: 10_000,
  request: 30_000,
  deadline: 10_000,
  silence: 30_000,
  keepAlive: 65_000,
  checks: 2_000,
  connections: 4_000,
  connectionsPerAddress: 500,
};

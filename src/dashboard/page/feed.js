/**
 * The doors of the indicators, and nothing else.
 *
 * @typedef {import('../../law/indicators.js').TableId} TableId
 * @typedef {'COUNT' | 'CUMULATIVE' | 'ROLLING_7'} Show
 * @typedef {'DAY' | 'WEEK' | 'MONTH' | 'TOTAL'} Period
 * @typedef {{ table: TableId, show?: Show, period?: Period, from?: string, to?: string }} Question
 *
 * @typedef {object} Series one line of a table; its dimensions are further members, by name
 * @property {(number | null)[]} values
 * @property {number[]} [suppressed]
 * @property {number | null} [population]
 * @property {(number | null)[] | null} [coverage]
 *
 * @typedef {object} Answer
 * @property {string | null} asOf
 * @property {'CONTROLLED' | 'OPEN'} mode
 * @property {number | null} threshold
 * @property {string[]} days
 * @property {(Series & Record<string, unknown>)[]} series
 * @property {(Series & Record<string, unknown>)[]} [totals] all départements of whoever may read some only
 *
 * @typedef {{ secret: true } | { secret: false, value: number }} Cell
 */

export class FeedError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Whether the table is not this caller's. @param {unknown} error */
export const isRefused = (error) => error instanceof FeedError && error.code === 'FORBIDDEN_TABLE';

const KEPT = 60;
/** @type {Map<string, Promise<Answer>>} */
const asked = new Map();
let token = '';
let open = false;

/** A token stays in memory; what was answered to somebody else is forgotten. @param {string} given */
export function useToken(given) {
  token = given.trim();
  asked.clear();
}
export const hasToken = () => token !== '';

/** @param {boolean} given whether figures are asked as they were really published */
export function useOpenMode(given) {
  open = given;
}

/**
 * Where a table is found.
 * @param {'json' | 'csv' | 'xlsx'} kind
 * @param {Question} question
 */
export function addressOfTable(kind, { table, show, period, from, to }) {
  const query = new URLSearchParams({ table });
  for (const [name, value] of Object.entries({ from, to, show, period })) if (value) query.set(name, value);
  if (open) query.set('mode', 'OPEN');
  return `/indicateurs.${kind}?${query}`;
}

/**
 * @param {Question} question
 * @returns {Promise<Answer>} rejected with a FeedError
 */
export function ask(question) {
  const address = addressOfTable('json', question);
  const known = asked.get(address);
  if (known) return known;
  const running = get(address).then((response) => /** @type {Promise<Answer>} */ (response.json()));
  asked.set(address, running);
  // What failed is asked again next time; a refusal stays one, and the rest is one publication, which lasts a day.
  running.catch((error) => isRefused(error) || asked.delete(address));
  for (const oldest of asked.keys()) if (asked.size > KEPT) asked.delete(oldest);
  return running;
}

/** A download as whoever gave the token: a plain link carries none. @param {string} address */
export const download = async (address) => (await get(address)).blob();

/** @param {string} address */
async function get(address) {
  /** @type {Record<string, string>} */
  const headers = { 'Accept-Language': 'fr', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(address, { headers, credentials: 'omit' }).catch(() => undefined);
  if (!response)
    throw new FeedError('UNREACHABLE', 'Le registre ne répond pas. Vérifiez la connexion, puis réessayez.');
  if (!response.ok) throw await refusal(response);
  return response;
}

/** @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const { message, extensions } = body?.errors?.[0] ?? {};
  const code = String(extensions?.code ?? response.status);
  const article = extensions?.article ? ` (${extensions.article})` : '';
  return new FeedError(
    code,
    message ? message + article : `Le registre a répondu par une erreur (${response.status}).`,
  );
}

/**
 * @param {Series} series
 * @param {number} at
 * @returns {Cell}
 */
export function cellAt({ values, suppressed = [] }, at) {
  const value = values[at];
  return value === null || value === undefined || suppressed.includes(at) ? { secret: true } : { secret: false, value };
}

/**
 * All cells of a series, the withheld days looked up once.
 * @param {Series} series
 * @returns {Cell[]}
 */
export function cellsOf({ values, suppressed = [] }) {
  const withheld = new Set(suppressed);
  return values.map((value, at) => (value === null || withheld.has(at) ? { secret: true } : { secret: false, value }));
}

/**
 * The share of the population, where the door gives one.
 * @param {Series} series
 * @param {number} at
 * @returns {Cell | undefined}
 */
export function shareAt(series, at) {
  const cell = cellAt(series, at);
  if (cell.secret) return cell;
  if (!series.population || !series.coverage) return undefined;
  return series.coverage[at] === null ? { secret: true } : { secret: false, value: cell.value / series.population };
}

/**
 * The first series with these dimensions.
 * @param {Answer['series']} series
 * @param {Record<string, string | undefined>} wanted
 */
export const seriesOf = (series, wanted) =>
  series.find((each) =>
    Object.entries(wanted).every(([name, value]) => value === undefined || String(each[name]) === value),
  );

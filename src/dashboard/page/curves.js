/** The three cards of curves: the pace of injections, coverage by age, doses by vaccine. */

import { curve, panels } from './curve.js';
import { ask, cellsOf, seriesOf } from './feed.js';
import labels from './labels.js';
import { h } from './markup.js';
import { askHere } from './place.js';
import { compact, daysBetween, roundShare, SECRET, said, share, whole } from './words.js';

/**
 * @typedef {import('./main.js').View} View
 * @typedef {import('./main.js').Drawn} Drawn
 * @typedef {import('./feed.js').Question} Question
 * @typedef {import('./feed.js').Cell} Cell
 * @typedef {import('./feed.js').Answer} Answer
 */

/**
 * A département over the whole campaign is read by weeks: by days, the table of all of them would weigh too much.
 * @param {View} view
 * @returns {Promise<Drawn>}
 */
export async function pace(view) {
  return view.state.departement ? paceByWeek(view) : paceByDay(view);
}

/** @param {View} view @returns {Promise<Drawn>} */
async function paceByDay({ range, width }) {
  /** @param {'COUNT' | 'ROLLING_7'} show */
  const here = (show) => askHere({ table: 'doses', show, period: 'DAY', ...range }, 'doses-by-department', '');
  const [byDay, bySeven] = await Promise.all([here('COUNT'), here('ROLLING_7')]);
  const chart = curve({
    ...{ id: 'rythme', name: 'Doses injectées par jour, et leur moyenne sur sept jours', width, height: 300 },
    ...{ days: byDay.answer.days, period: 'DAY', format: whole, tick: compact },
    layers: [
      { kind: 'bars', label: 'doses du jour', cells: byDay.series[0] ? cellsOf(byDay.series[0]) : [] },
      {
        ...{ kind: 'line', label: 'moyenne sur sept jours', tone: 'strong' },
        cells: bySeven.series[0] ? cellsOf(bySeven.series[0]).map(seventh) : [],
      },
    ],
  });
  return {
    nodes: [key(['bars', 'Doses du jour'], ['line', 'Moyenne sur sept jours']), chart],
    downloads: [
      { label: 'par jour', question: byDay.question },
      { label: 'sur sept jours', question: bySeven.question },
    ],
    place: byDay.place,
  };
}

/** @param {Cell} cell @returns {Cell} */
const seventh = (cell) => (cell.secret ? cell : { secret: false, value: cell.value / 7 });

/** @param {View} view @returns {Promise<Drawn>} */
async function paceByWeek({ state, range, width }) {
  /** @type {Question} */
  const country = { table: 'doses', show: 'COUNT', period: 'WEEK', ...range };
  const { answer, question, series, place } = await askHere(country, 'doses-by-department', state.departement);
  const downloads = [{ label: 'tous les départements', question }];
  const [found] = series;
  if (!found) return { nodes: [empty()], downloads, place };
  const chart = curve({
    ...{ id: 'rythme', name: `Doses injectées par semaine, ${place}`, width, height: 300 },
    ...{ days: answer.days, period: 'WEEK', format: whole, tick: compact },
    layers: [{ kind: 'bars', label: 'doses de la semaine', cells: cellsOf(found) }],
  });
  return { nodes: [key(['bars', `Doses de la semaine. ${UNFINISHED}`]), chart], downloads, place };
}

const UNFINISHED = 'La dernière période peut être incomplète.';

const empty = () => h('p', { class: 'notice' }, 'Aucun chiffre n’est publié ici.');

/** @param {...[string, string]} parts */
const key = (...parts) =>
  h('p', { class: 'key' }, ...parts.map(([kind, label]) => h('span', { class: `key-${kind}` }, label)));

/** @typedef {{ table: import('./feed.js').TableId, wanted: Record<string, string>, what: string }} ByAge */
/** What is told of ages beside the map of an indicator; the first for the others. @type {{ dose1: ByAge } & Record<string, ByAge>} */
const BY_AGE = {
  dose1: { table: 'doses-by-age-and-rank', wanted: { rank: '1' }, what: 'au moins une dose' },
  complet: { table: 'doses-by-age-and-stage', wanted: { stage: 'COMPLETE' }, what: 'un schéma complet' },
  rappel: { table: 'doses-by-age-and-stage', wanted: { stage: 'BOOSTER' }, what: 'un premier rappel' },
};

/**
 * Age and département are never crossed outside the steering of the campaign: the card stays national.
 * @param {View} view
 * @returns {Promise<Drawn>}
 */
export async function ages({ state, range, halfWidth }) {
  const shown = BY_AGE[state.indicateur] ?? BY_AGE.dose1;
  /** @type {Question} */
  const question = {
    table: shown.table,
    ...{ show: 'CUMULATIVE', period: 'WEEK' },
    ...range,
  };
  const answer = await ask(question);
  const found = labels.ageClasses.flatMap(({ code, label }) => {
    const series = seriesOf(answer.series, { ageClass: code, ...shown.wanted });
    return series ? [{ label, series }] : [];
  });
  const byShare = found.some(({ series }) => series.population && series.coverage);
  const layers = found.map(({ label, series }, at) => ({
    ...{ kind: /** @type {'line'} */ ('line'), label, tone: `age-${at}` },
    cells: byShare ? sharesOf(series) : cellsOf(series),
  }));
  const { what } = shown;
  const format = byShare ? share : whole;
  const chart = curve({
    ...{ id: 'ages', name: `${byShare ? 'Part' : 'Nombre'} de personnes ayant reçu ${what}, par classe d’âge` },
    ...{ days: answer.days, period: 'WEEK', layers, format, tick: byShare ? roundShare : compact },
    ...{ width: halfWidth, height: 350, ends: true, least: byShare ? 0 : 1 },
    sentence: (at) => between(layers, at, format),
  });
  const lead = byShare
    ? `Part de la population de chaque âge ayant reçu ${what}.`
    : `Personnes ayant reçu ${what}, par âge. La population de référence n’est pas chargée : pas de part.`;
  return {
    nodes: [h('p', { class: 'lead' }, lead), chart],
    downloads: [{ label: 'par âge', question }],
    place: 'France entière',
  };
}

/** @param {import('./feed.js').Series} series @returns {Cell[]} */
const sharesOf = (series) =>
  cellsOf(series).map((cell, at) =>
    cell.secret || !series.population || series.coverage?.[at] === null
      ? { secret: true }
      : { secret: false, value: cell.value / series.population },
  );

/** @param {{ label: string, cells: Cell[] }[]} layers @param {number} at @param {(value: number) => string} format */
function between(layers, at, format) {
  const shown = layers.flatMap(({ label, cells }) => {
    const cell = cells[at];
    return cell && !cell.secret ? [{ label, value: cell.value }] : [];
  });
  if (shown.length === 0) return SECRET;
  const sorted = shown.sort((a, b) => a.value - b.value);
  const [least, most] = [sorted[0], sorted.at(-1)];
  return least && most ? `de ${format(least.value)} (${least.label}) à ${format(most.value)} (${most.label})` : SECRET;
}

/** @param {View} view @returns {Promise<Drawn>} */
export async function vaccines({ state, range, halfWidth, first, day }) {
  const long = state.departement !== '' && daysBetween(state.du || first, day) > 200;
  const period = /** @type {'MONTH' | 'WEEK'} */ (long ? 'MONTH' : 'WEEK');
  const { answer, question, series, place } = await askHere(
    { table: 'doses-by-vaccine', show: 'COUNT', period, ...range },
    'doses-by-department-and-vaccine',
    state.departement,
  );
  const each = period === 'MONTH' ? 'mois' : 'semaine';
  const found = series
    .map((one) => ({ label: nameOf(String(one.vaccine)), cells: cellsOf(one) }))
    .map((panel) => ({ ...panel, sum: sumOf(panel.cells) }))
    .sort((a, b) => b.sum.value - a.sum.value)
    .map(({ label, cells, sum }) => {
      const total = h('span', { class: 'sum' }, said(sum.cell, whole), sum.partial && sum.value > 0 && ' au moins');
      return { label, cells, heading: h('h3', {}, label, total) };
    });
  const chart = panels(
    {
      ...{ id: 'vaccins', name: `Doses par ${each} et par vaccin`, days: answer.days, period },
      ...{ format: whole, tick: compact, width: Math.floor((halfWidth - 24) / 2), height: 130 },
    },
    found,
  );
  const lead = h('p', { class: 'lead' }, `Doses par ${each} ; chaque vaccin a sa propre échelle. ${UNFINISHED}`);
  return {
    nodes: found.length > 0 ? [lead, chart] : [empty()],
    downloads: [{ label: 'par vaccin', question }],
    place,
  };
}

/** @param {string} code */
const nameOf = (code) => labels.vaccines[code] ?? code;

/** What is shown of a series in all; where a part is withheld, the sum is no more than a least. @param {Cell[]} cells */
function sumOf(cells) {
  const value = cells.reduce((sum, cell) => sum + (cell.secret ? 0 : cell.value), 0);
  const partial = cells.some(({ secret }) => secret);
  /** @type {Cell} */
  const cell = partial && value === 0 ? { secret: true } : { secret: false, value };
  return { value, partial, cell };
}

/** Where a card looks: the whole country, one département, or all of its own for whoever may only read those. */

import { ask, isRefused } from './feed.js';
import labels from './labels.js';

/**
 * @typedef {import('./feed.js').Answer} Answer
 * @typedef {import('./feed.js').Question} Question
 * @typedef {import('./feed.js').TableId} TableId
 *
 * @typedef {object} Here
 * @property {Answer} answer
 * @property {Question} question what was asked in the end, to be downloaded
 * @property {Answer['series']} series those of the place
 * @property {string} place its name
 */

/**
 * @param {Question} question of the whole country
 * @param {TableId} local the same figures by département
 * @param {string} departement code, or ''
 * @returns {Promise<Here>}
 */
export async function askHere(question, local, departement) {
  const byDepartment = { ...question, table: local };
  if (departement) {
    const answer = await ask(byDepartment);
    const series = answer.series.filter(({ department }) => department === departement);
    return { answer, question: byDepartment, series, place: labels.departments[departement] ?? departement };
  }
  try {
    const answer = await ask(question);
    return { answer, question, series: answer.series, place: 'France entière' };
  } catch (error) {
    if (!isRefused(error)) throw error;
    const answer = await ask(byDepartment);
    return { answer, question: byDepartment, series: answer.totals ?? [], place: 'Votre région' };
  }
}

/** The module that the server writes from the law (`../labels.ts`). */
declare const labels: import('../labels.js').Labels;
export default labels;

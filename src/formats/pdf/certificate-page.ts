/**
 * The printed certificate: one A4 page to be folded in four, in French and in English, with both codes. Its text is that
 * of the signed payload and nothing else: whoever may have the code may have the page.
 */
import { dayOf } from '../../kernel/days.js';
import { dataMatrixModules, type Modules, QUIET_ZONE, qrModules } from '../barcode.js';
import type { DccPayload, VaccinationEntry } from '../dcc/cose.js';
import { findProduct } from '../dcc/value-sets.js';
import { A4, POINTS_PER_MM, TaggedPdf } from './document.js';

export interface CertificatePage {
  readonly payload: DccPayload;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** `HC1:` text, in the QR code. */
  readonly dcc: string;
  /** Text of the Data Matrix; absent where no signer of this kind is in office. */
  readonly twoDDoc?: string;
}

type Tongue = 'fr' | 'en';
type Words = Readonly<Record<Tongue, string>>;
type RowOf = readonly [Words, (page: CertificatePage, entry: VaccinationEntry) => string];

const MARGIN = 36;
const COLUMN = (A4.width - 3 * MARGIN) / 2;
const COLUMNS: Readonly<Record<Tongue, number>> = { fr: MARGIN, en: 2 * MARGIN + COLUMN };
const LANG: Readonly<Record<Tongue, string | undefined>> = { fr: undefined, en: 'en-GB' };
const TONGUES: readonly Tongue[] = ['fr', 'en'];
/** Side of the QR code: within the 35 to 60 mm of the specification (DOMAIN §3.1), quiet zone included. */
const QR_SIDE = 58 * POINTS_PER_MM;
const MATRIX_SIDE = 38 * POINTS_PER_MM;
const CODES_TOP = A4.height / 2 + 24;
const NOTICE_TOP = CODES_TOP + QR_SIDE + 34;

const TITLE: Words = { fr: 'Certificat de vaccination contre la COVID-19', en: 'COVID-19 vaccination certificate' };

const ROWS: readonly RowOf[] = [
  [{ fr: 'Nom', en: 'Surname(s)' }, ({ payload: { nam } }) => nam.fn ?? ''],
  [{ fr: 'Prénoms', en: 'Forename(s)' }, ({ payload: { nam } }) => nam.gn ?? ''],
  [
    { fr: 'Nom et prénoms normalisés', en: 'Standardised names' },
    ({ payload: { nam } }) => [nam.fnt, nam.gnt].filter(Boolean).join('<<'),
  ],
  [{ fr: 'Date de naissance', en: 'Date of birth' }, ({ payload }) => payload.dob],
  [{ fr: 'Maladie visée', en: 'Disease targeted' }, () => 'COVID-19'],
  [{ fr: 'Vaccin', en: 'Vaccine' }, (_, { mp }) => [findProduct(mp)?.name, mp].filter(Boolean).join(', ')],
  [{ fr: 'Titulaire de l’autorisation', en: 'Marketing authorisation holder' }, (_, { ma }) => ma],
  [{ fr: 'Rang de la dose', en: 'Number in a series of doses' }, (_, { dn, sd }) => `${dn}/${sd}`],
  [{ fr: 'Date de l’injection', en: 'Date of vaccination' }, (_, { dt }) => dt],
  [{ fr: 'Pays', en: 'Country' }, (_, { co }) => co],
  [{ fr: 'Émetteur', en: 'Certificate issuer' }, (_, entry) => entry.is],
  [{ fr: 'Identifiant du certificat', en: 'Certificate identifier' }, (_, { ci }) => ci],
  [{ fr: 'Émis le', en: 'Issued on' }, ({ issuedAt }) => dayOf(issuedAt)],
  [{ fr: 'Code valable jusqu’au', en: 'Code valid until' }, ({ expiresAt }) => dayOf(expiresAt)],
];

const QR_CAPTION: Words = { fr: 'Certificat COVID numérique de l’UE', en: 'EU digital COVID certificate' };
const MATRIX_CAPTION: Words = { fr: 'Attestation 2D-DOC', en: 'French 2D-DOC attestation' };
const FOLDING: Words = {
  fr: 'Pliage : plier la feuille en deux le long du trait horizontal, puis en deux le long du trait vertical. Les codes restent à l’intérieur.',
  en: 'Folding: fold the sheet in half along the horizontal line, then in half along the vertical line. The codes stay inside.',
};
const NOTICE: Words = {
  fr: 'Ce certificat est délivré au titre du décret 2020-1690 modifié par le décret 2021-1670. Il n’est pas un titre d’identité : il se vérifie avec un document d’identité, par la signature électronique que portent les codes, et non par ce qui est imprimé. Les codes contiennent des données de santé : ne les publiez pas. La personne peut demander la rectification de ses données et un nouveau certificat.',
  en: 'This certificate is issued under French decree 2020-1690 as amended by decree 2021-1670. It is not an identity document: it is verified together with one, by the electronic signature in the codes and not by what is printed. The codes hold health data: do not publish them. The holder may ask for the data to be rectified and for a new certificate.',
};

/** @throws RangeError when the payload is not that of a vaccination */
export function certificatePage(page: CertificatePage): TaggedPdf {
  const entry = page.payload.v?.[0];
  if (!entry) throw new RangeError('pdf: the payload is no vaccination');
  const document = new TaggedPdf({ title: TITLE.fr, createdAt: page.issuedAt, margin: MARGIN });
  foldingLines(document);
  for (const tongue of TONGUES) {
    document.section(() => {
      const box = { x: COLUMNS[tongue], y: MARGIN, width: COLUMN };
      document.heading(1, TITLE[tongue], { box, size: 13 });
      document.space(6);
      document.table({
        x: box.x,
        size: 7.5,
        rowHeaders: true,
        columns: [
          { title: tongue === 'fr' ? 'Donnée' : 'Item', width: COLUMN * 0.38 },
          { title: tongue === 'fr' ? 'Valeur' : 'Value', width: COLUMN * 0.62 },
        ],
        rows: ROWS.map(([words, value]) => [words[tongue], value(page, entry)]),
      });
    }, LANG[tongue]);
  }
  codes(document, page);
  for (const tongue of TONGUES) notice(document, tongue);
  return document;
}

function codes(document: TaggedPdf, { dcc, twoDDoc }: CertificatePage): void {
  const qr = { modules: qrModules(dcc), quiet: QUIET_ZONE.qrcode, side: QR_SIDE };
  drawCode(document, qr, COLUMNS.fr, 'Code QR du certificat COVID numérique de l’UE, à présenter à la lecture');
  captions(document, QR_CAPTION, COLUMNS.fr);
  if (twoDDoc === undefined) return;
  const matrix = { modules: dataMatrixModules(twoDDoc), quiet: QUIET_ZONE.datamatrix, side: MATRIX_SIDE };
  drawCode(document, matrix, COLUMNS.en, 'Code 2D-DOC de l’attestation de vaccination, à présenter à la lecture');
  captions(document, MATRIX_CAPTION, COLUMNS.en);
}

interface Code {
  readonly modules: Modules;
  /** Blank modules around the symbol. */
  readonly quiet: number;
  /** Side in points, quiet zone included. */
  readonly side: number;
}

/** Each run of dark modules of a row as one rectangle: half the size of a picture, and sharp at any scale. */
function drawCode(document: TaggedPdf, { modules, quiet, side }: Code, x: number, alt: string): void {
  const unit = side / (modules.size + 2 * quiet);
  const left = x + quiet * unit;
  const top = CODES_TOP + quiet * unit;
  document.figure({ alt, box: { x, y: CODES_TOP, width: side, height: side } }, (pen) => {
    for (let row = 0; row < modules.size; row += 1) {
      for (let from = 0; from < modules.size; from += 1) {
        let to = from;
        while (to < modules.size && modules.isDark(to, row)) to += 1;
        if (to > from) pen.rect(left + from * unit, top + row * unit, (to - from) * unit, unit);
        from = Math.max(from, to);
      }
    }
    pen.fill('#000000');
  });
}

function captions(document: TaggedPdf, words: Words, x: number): void {
  const box = { x, y: CODES_TOP + QR_SIDE + 4, width: COLUMN };
  document.paragraph(words.fr, { box, size: 8, font: 'bold' });
  document.paragraph(words.en, { box: { ...box, y: box.y + 11 }, size: 8, lang: 'en-GB' });
}

function notice(document: TaggedPdf, tongue: Tongue): void {
  document.section(() => {
    const box = { x: COLUMNS[tongue], y: NOTICE_TOP, width: COLUMN };
    document.paragraph(FOLDING[tongue], { box, size: 7 });
    document.paragraph(NOTICE[tongue], { box: { ...box, y: NOTICE_TOP + 34 }, size: 7 });
  }, LANG[tongue]);
}

function foldingLines(document: TaggedPdf): void {
  document.decoration((pen) => {
    pen.lineWidth(0.4).dash(3, { space: 3 }).strokeColor('#888888');
    pen.moveTo(0, A4.height / 2).lineTo(A4.width, A4.height / 2);
    pen
      .moveTo(A4.width / 2, 0)
      .lineTo(A4.width / 2, A4.height)
      .stroke();
  });
}

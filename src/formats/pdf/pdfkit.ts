import type PDFDocument from 'pdfkit';
import { lazily } from '../lazily.js';

export const pdfkit = lazily<typeof PDFDocument>('pdfkit');

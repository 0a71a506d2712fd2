/** What a notice of delivery says of one message. */
export interface DeliveryNotice {
  readonly reference: string;
  readonly state: 'DELIVERED' | 'BOUNCED';
}

const REFERENCE = /^(?:delivered-to|to|x-original-to):[^\n]*\+([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})@/im;
/** Longest notice that is read; the returned message behind it is of no interest. */
const LIMIT = 65_536;

/**
 * Reads a delivery status notification (RFC 3464): `Action: failed` with a status of class 5, or `Action: delivered`. The
 * message is known by the address to which the notice came back. Everything else (out of office, a delay, a complaint) is
 * no notice. @returns undefined for those
 */
export function readNotice(mail: string): DeliveryNotice | undefined {
  const text = mail.slice(0, LIMIT).replaceAll('\r\n', '\n');
  const head = text.slice(0, text.indexOf('\n\n') + 1).replace(/\n[ \t]+/g, ' ');
  if (!/^content-type:[^\n]*multipart\/report/im.test(head) || !/report-type="?delivery-status/i.test(head))
    return undefined;
  const reference = REFERENCE.exec(head)?.[1];
  const action = /^action:[ \t]*([a-z]+)/im.exec(text)?.[1]?.toLowerCase();
  const status = /^status:[ \t]*([245])\./im.exec(text)?.[1];
  if (!reference) return undefined;
  if (action === 'failed' && status === '5') return { reference, state: 'BOUNCED' };
  return action === 'delivered' && status === '2' ? { reference, state: 'DELIVERED' } : undefined;
}

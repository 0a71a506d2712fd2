import { z } from 'zod';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const isSafe = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
};
const key = z
  .string()
  .transform((text) => Buffer.from(text, 'base64url'))
  .refine((bytes) => bytes.length >= 32, 'at least 32 bytes, base64url');

const Gateway = z.strictObject({
  url: z.string().refine(isSafe, 'https, or http on loopback'),
  /** Signs the requests to the gateway. */
  key,
  /** Signs the delivery reports that come back from it. */
  reportKey: key,
});
export type GatewaySettings = z.output<typeof Gateway>;

const Smtp = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535),
    /** TLS from the first byte; otherwise STARTTLS is compulsory. */
    secure: z.boolean().default(true),
    /** Without TLS: on this machine only. */
    plain: z.boolean().default(false),
    user: z.string().optional(),
    password: z.string().optional(),
    /** Address of the sender; its user part gets `+<reference>` in the envelope, and notices of non-delivery come there. */
    from: z.string().regex(/^[A-Za-z0-9._-]{1,40}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/),
    name: z.string().regex(/^[^\p{C}<>"@]{1,80}$/u),
  })
  .refine(({ plain, host }) => !plain || LOOPBACK.has(host), { path: ['plain'], message: 'on loopback only' });
export type SmtpSettings = z.output<typeof Smtp>;

const Letters = z.strictObject({
  /** Where the print chain takes its files. */
  folder: z.string().min(1),
  /** The sender's lines at the head of each letter. */
  sender: z.array(z.string().min(1).max(80)).min(1).max(6),
});
export type LetterSettings = z.output<typeof Letters>;

const Settings = z
  .strictObject({
    smtp: Smtp.optional(),
    sms: Gateway.optional(),
    /** Portals of insured persons' accounts, by scheme code. */
    portals: z.record(z.string().regex(/^\d\d$/), Gateway).default({}),
    letters: Letters.optional(),
    /** Hours of Paris between which messages leave: from the first, before the last. */
    hours: z
      .strictObject({ from: z.int().min(0).max(23), until: z.int().min(1).max(24) })
      .default({ from: 8, until: 20 }),
  })
  // DOMAIN §2.8: 08 is the military fund, of whose insured persons the register holds no contact (AIPD M1.32).
  .refine(({ portals }) => !Object.hasOwn(portals, '08'), {
    path: ['portals', '08'],
    message: 'no portal for this scheme',
  });
export type SendingSettings = z.output<typeof Settings>;

/** @throws a sentence naming the setting at fault, never its value */
export function parseSendingSettings(json: unknown): SendingSettings {
  const parsed = Settings.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`sending: ${faults.join('; ')}`);
}

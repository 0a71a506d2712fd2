/** One message, ready to leave. Its text was made elsewhere. */
export interface OutgoingMessage {
  /** Drawn for this message: what the provider knows it by, and by which it knows the same message twice. */
  readonly reference: string;
  /** E-mail address, telephone number, or NIR for the portal of the person's own scheme. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * What became of a message handed over. `SENT`: taken by the provider. `BOUNCED`: refused for good for this address.
 * `LATER`: certainly not taken, worth another try. `UNCERTAIN`: perhaps taken. `FAILED`: certainly not taken, and another
 * try would end alike.
 */
export type Dispatch = 'SENT' | 'BOUNCED' | 'LATER' | 'UNCERTAIN' | 'FAILED';

/** A channel that takes messages one by one. */
export interface Sender {
  /** Whether the provider recognises a reference that it already has, so that a message of unknown fate may be handed over again. */
  readonly repeatable: boolean;
  send(message: OutgoingMessage): Promise<Dispatch>;
  close(): Promise<void>;
}

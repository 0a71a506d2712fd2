import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { Recipient } from '../law/recipients.js';

/** Where a transaction finds whether a client may still call: `disabled_at` is null as long as it may. */
export const CLIENT_TABLE = 'oauth_client';
export const CLIENT_DISABLED = 'disabled_at';

/** An OAuth client as an operator declared it: an agency's system, or a practice software. */
@Entity(CLIENT_TABLE)
@Check('oauth_client_keys', 'num_nonnulls(jwks, jwks_uri) <= 1')
@Check('oauth_client_proof', 'num_nonnulls(jwks, jwks_uri) = 1 or cardinality(certificates) > 0')
@Check('oauth_client_binding', `binding in ('none', 'certificate', 'dpop')`)
export class DeclaredClient {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'oauth_client_pkey' })
  id!: string;

  @Column('text', { array: true })
  recipients!: Recipient[];

  @Column('text', { nullable: true })
  region?: string | null;

  /** Its public keys (RFC 7517), or where they are read. */
  @Column('jsonb', { nullable: true })
  jwks?: object | null;

  @Column('text', { nullable: true })
  jwksUri?: string | null;

  /** SHA-256 thumbprints (base64url) of the TLS certificates with which it may open connections. */
  @Column('text', { array: true, default: '{}' })
  certificates!: string[];

  @Column('text', { default: 'none' })
  binding!: 'none' | 'certificate' | 'dpop';

  /** May exchange identities of professionals: a practice software. */
  @Column('boolean', { default: false })
  exchanges!: boolean;

  @Column('timestamptz', { default: () => 'now()' })
  declaredAt!: Date;

  @Column('timestamptz', { nullable: true })
  disabledAt?: Date | null;
}

import { createHash, randomBytes } from 'node:crypto';
import { REDIRECT_URI } from './provider.js';

export interface DemoTokens {
  readonly access_token: string;
  readonly expires_in: number;
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

export interface DemoLogin {
  readonly issuer: string;
  readonly client: string;
  readonly account: string;
}

/**
 * Logs one of the invented people in as a browser would, and redeems the code: authorization code with PKCE, over HTTP.
 * @throws when the provider does not answer as it should; no message holds a value
 */
export async function demoLogin({ issuer, client, account }: DemoLogin): Promise<DemoTokens> {
  const verifier = randomBytes(32).toString('base64url');
  const request = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    scope: 'openid offline_access scope_all',
    prompt: 'consent',
    redirect_uri: REDIRECT_URI,
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const callback = await new DemoBrowser().logIn(`${issuer}/auth?${request}`, account);
  if (callback.searchParams.get('state') !== request.get('state')) throw new Error('demo login: state');
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client,
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    }),
  });
  if (!response.ok) throw new Error('demo login: no token');
  return (await response.json()) as DemoTokens;
}

const MOST_REDIRECTS = 10;

/** As much of a browser as a login needs: cookies, redirects, and one form. */
export class DemoBrowser {
  private readonly cookies = new Map<string, string>();

  /** @returns the address of the software to which the provider sends the person back */
  async logIn(authorization: string, account: string): Promise<URL> {
    const page = await this.follow(authorization);
    if (page instanceof URL) return page;
    const back = await this.follow(page.address, { method: 'POST', body: new URLSearchParams({ account }) });
    if (!(back instanceof URL)) throw new Error('demo login: not sent back');
    return back;
  }

  private async follow(address: string, first: RequestInit = {}): Promise<URL | { address: string }> {
    let next = address;
    let init = first;
    for (let turn = 0; turn < MOST_REDIRECTS; turn += 1) {
      const response = await fetch(next, { ...init, redirect: 'manual', headers: { cookie: this.sent() } });
      this.receive(response);
      await response.arrayBuffer();
      const location = response.headers.get('location');
      if (!location) {
        if (!response.ok) throw new Error(`demo login: status ${response.status}`);
        return { address: next };
      }
      const target = new URL(location, next);
      if (target.href.startsWith(REDIRECT_URI)) return target;
      next = target.href;
      init = {};
    }
    throw new Error('demo login: too many redirects');
  }

  private sent(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  private receive(response: Response): void {
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
  }
}

import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The proxies whose word on the caller's address is taken; none unless the configuration names them. */
export class TrustedProxies {
  private readonly list = new BlockList();

  /**
   * @param proxies addresses or CIDR ranges
   * @throws naming what is neither
   */
  constructor(proxies: readonly string[] = []) {
    for (const proxy of proxies) this.add(proxy);
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }

  private add(proxy: string): void {
    const [address = '', bits, rest] = proxy.split('/');
    const version = isIP(address);
    const most = version === 6 ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (version === 0 || prefix < 1 || prefix > most || rest !== undefined)
      throw new Error('configuration: LANCETTE_TRUSTED_PROXIES: addresses or CIDR ranges, separated by commas');
    this.list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/**
 * Where the caller is: the other end of the connection. Only when that is a trusted proxy, the nearest address of
 * X-Forwarded-For that is none: whatever stands left of it was written by the caller (SECURITY A62).
 */
export function addressOf({ socket, headers }: IncomingMessage, proxies: TrustedProxies): string {
  const peer = plainAddress(socket.remoteAddress ?? '');
  const forwarded = headers['x-forwarded-for'];
  if (forwarded === undefined || !proxies.has(peer)) return peer;
  const chain = String(forwarded)
    .split(',')
    .map((part) => plainAddress(part.trim()));
  let nearest = peer;
  for (const hop of chain.reverse()) {
    if (isIP(hop) === 0) break;
    nearest = hop;
    if (!proxies.has(hop)) break;
  }
  return nearest;
}

/** IPv4 addresses seen through an IPv6 socket are IPv4 addresses. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

import { Problem } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** What stands for an address that nobody knows (docs/spec/http.md#client-address). */
const UNKNOWN_IP = '255.255.255.255';

/**
 * The client's address, always one that is an address: what trusted proxies say of it, without the port that some of them
 * add; else the peer's own. Throws malformed_http when the client has hung up: a guess that comes from nowhere could not be
 * counted, and nobody waits for an answer to it.
 */
export function clientIp({ ip, socket: { remoteAddress } }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  if (remoteAddress === undefined) throw new Problem('malformed_http', { detail: 'The client has hung up.' });
  return canonicalIp(ip) ?? canonicalIp(remoteAddress) ?? UNKNOWN_IP;
}

/** An address in the one form that it is compared in, without a port; undefined when the text is none. */
export function canonicalIp(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  if (bare.includes('%') || !(ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare))) return undefined;
  return ipaddr.process(bare).toString();
}

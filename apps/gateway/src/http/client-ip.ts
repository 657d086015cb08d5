import { isIPv4 } from 'node:net';
import { Problem } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** The placeholder for an unknown client address (docs/spec/http.md#client-address). */
const UNKNOWN_IP = '255.255.255.255';

/**
 * Returns the client's IP address: the address that trusted proxies forward, without the port that some proxies add,
 * else the address of the peer. Throws `malformed_http` if the client has disconnected, because its address is then
 * unknown and its attempts could not be counted.
 */
export function clientIp({ ip, socket: { remoteAddress } }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  if (remoteAddress === undefined) throw new Problem('malformed_http', { detail: 'The client has hung up.' });
  return canonicalIp(ip) ?? canonicalIp(remoteAddress) ?? UNKNOWN_IP;
}

/** Returns an IP address in canonical form without a port, or undefined if the text is no IP address. */
export function canonicalIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  if (bare.includes('%') || !(ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare))) return undefined;
  return ipaddr.process(bare).toString();
}

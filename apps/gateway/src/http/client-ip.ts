import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** What stands for an address that nobody knows (01-executor §8.5). */
const UNKNOWN = '255.255.255.255';

/**
 * The client's address, always one that is an address: what trusted proxies say of it, without the port that some of them
 * add; else the peer's own.
 */
export const clientIpOf = ({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string =>
  canonicalIp(ip) ?? canonicalIp(socket.remoteAddress ?? '') ?? UNKNOWN;

/** An address in the one form that it is compared in, without a port; undefined when the text is none. */
export function canonicalIp(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  if (bare.includes('%') || !(ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare))) return undefined;
  return ipaddr.process(bare).toString();
}

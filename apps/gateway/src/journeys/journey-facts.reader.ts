import { createHmac } from 'node:crypto';
import type { JourneyFacts } from '@gatehouse/executor';
import { deviceKind, parseUserAgent } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { ClientInfo } from '../http/client.resolver.js';
import { localeFor } from '../http/locale.js';

/** Length of a network's hash in bytes. */
const NETWORK_BYTES = 8;

/** Number of groups of an IPv6 address that make up its /48 network. */
const IPV6_GROUPS = 3;

/**
 * Reads the facts about the client that the record of a plan keeps. From the next day (UTC) on, they no longer identify
 * the client.
 */
@Injectable()
export class JourneyFactsReader {
  private readonly key: Buffer;

  constructor(@Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig) {
    const secret = config.PSEUDONYM_KEY ?? config.SECRET_KEY;
    this.key = createHmac('sha256', secret).update('journey networks').digest();
  }

  /** Returns the facts about a client; `undefined` if no records are kept. */
  read(request: FastifyRequest, { ip, user_agent }: ClientInfo, now = new Date()): JourneyFacts | undefined {
    if (this.config.JOURNEYS === 'false') return undefined;
    const browser = parseUserAgent(user_agent).user_agent.family;
    const client = { browser, device: deviceKind(user_agent), language: localeFor(request, {}) };
    return { client, network: this.networkHash(ip, now) };
  }

  /** Returns the keyed hash of the address's /24 or /48 network and the day (UTC). */
  private networkHash(ip: string, now: Date): Buffer {
    const day = now.toISOString().slice(0, 10);
    return createHmac('sha256', this.key)
      .update(`${day} ${wideNetwork(ip)}`)
      .digest()
      .subarray(0, NETWORK_BYTES);
  }
}

function wideNetwork(ip: string): string {
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.octets.slice(0, 3).join('.');
  return address.parts.slice(0, IPV6_GROUPS).join(':');
}

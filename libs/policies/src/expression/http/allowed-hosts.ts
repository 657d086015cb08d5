import { isIP } from 'node:net';
import { isPublicAddress } from '@gatehouse/platform';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const ENTRY = /^(\*\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;
const DEFAULT_PORTS: readonly string[] = ['80', '443'];

/** Hosts, comma separated; the setting that names them. */
export const allowedHosts = z
  .string()
  .default('')
  .transform((setting) => setting.split(',').flatMap((entry) => entry.trim().toLowerCase() || []))
  .refine((entries) => entries.every((entry) => ENTRY.test(entry)), {
    error:
      'hosts, comma separated: `api.example.org`, `*.example.org`, `192.0.2.7`, `[2001:db8::7]`, each with `:port` or not',
  });

interface Entry {
  readonly below: boolean;
  readonly name: string;
  /** Undefined: those of http and https. */
  readonly port: string | undefined;
}

/** The hosts that the operator lets policies reach, and the addresses behind them. */
export class AllowedHosts {
  private readonly entries: readonly Entry[];
  private readonly literal: ReadonlySet<string>;

  /** Each as the setting has it. */
  constructor(entries: readonly string[]) {
    this.entries = entries.map((entry) => {
      const [, below, name = '', port] = ENTRY.exec(entry) ?? [];
      return { below: below !== undefined, name: canonical(name), port };
    });
    this.literal = new Set(this.entries.map(({ name }) => name).filter((name) => isIP(name) > 0));
  }

  get none(): boolean {
    return this.entries.length === 0;
  }

  /** Whether a host may be looked up by its name, or is listed by its address. */
  admitsName(name: string): boolean {
    return this.entries.some((entry) => fits(entry, canonical(name)));
  }

  /** Whether somebody may be asked at this address of the web. */
  admits(url: URL): boolean {
    if (!/^https?:$/.test(url.protocol)) return false;
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    const host = canonical(url.hostname);
    return this.entries.some(
      (entry) => fits(entry, host) && (entry.port ? [entry.port] : DEFAULT_PORTS).includes(port),
    );
  }

  /** Whether a name may lead here: a name in the list is no way into the house, unless the address is listed too. */
  admitsAddress(address: string): boolean {
    const known = canonical(address);
    return this.literal.has(known) || isPublicAddress(known);
  }
}

const fits = ({ below, name }: Entry, host: string) => (below ? host.endsWith(`.${name}`) : host === name);

/** One spelling for each host: no brackets, no dot at its end, an address as it is usually written. */
function canonical(host: string): string {
  const bare = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return isIP(bare) > 0 ? ipaddr.process(bare).toString() : bare;
}

import { isIP } from 'node:net';
import { isPublicAddress } from '@gatehouse/platform';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const ENTRY = /^(\*\.)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;
const DEFAULT_PORTS: readonly string[] = ['80', '443'];

/** Schema of the setting POLICY_ALLOWED_HOSTS: the hosts that expressions may call, separated by commas. */
export const allowedHosts = z
  .string()
  .default('')
  .transform((setting) => setting.split(',').flatMap((entry) => entry.trim().toLowerCase() || []))
  .refine((entries) => entries.every((entry) => ENTRY.test(entry)), {
    error:
      'hosts, comma separated: `api.example.org`, `*.example.org`, `192.0.2.7`, `[2001:db8::7]`, each with `:port` or not',
  });

interface Entry {
  /** Whether the entry is of the form `*.name`, which allows all subdomains. */
  readonly subdomains: boolean;
  readonly name: string;
  /** Port in the entry. Undefined: the default ports of http and https are allowed. */
  readonly port: string | undefined;
}

/** Decides which hosts and addresses policies may call, by the operator's setting. */
export class AllowedHosts {
  private readonly entries: readonly Entry[];
  private readonly listedAddresses: ReadonlySet<string>;

  constructor(entries: readonly string[]) {
    this.entries = entries.map((entry) => {
      const [, wildcard, name = '', port] = ENTRY.exec(entry) ?? [];
      return { subdomains: wildcard !== undefined, name: canonical(name), port };
    });
    this.listedAddresses = new Set(this.entries.map(({ name }) => name).filter((name) => isIP(name) > 0));
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Returns whether the name of a host may be resolved. */
  allowsName(name: string): boolean {
    return this.entries.some((entry) => matches(entry, canonical(name)));
  }

  /** Returns whether requests to a URL are allowed. */
  allows(url: URL): boolean {
    if (!/^https?:$/.test(url.protocol)) return false;
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    const host = canonical(url.hostname);
    return this.entries.some(
      (entry) => matches(entry, host) && (entry.port ? [entry.port] : DEFAULT_PORTS).includes(port),
    );
  }

  /**
   * Returns whether a host name may resolve to this address. The address must be public, or be listed itself (prevents
   * SSRF).
   */
  allowsAddress(address: string): boolean {
    const normalized = canonical(address);
    return this.listedAddresses.has(normalized) || isPublicAddress(normalized);
  }
}

const matches = ({ subdomains, name }: Entry, host: string) => (subdomains ? host.endsWith(`.${name}`) : host === name);

/**
 * Returns a host in its canonical form: in lower case, without brackets and trailing dot, IP addresses in their usual
 * form.
 */
function canonical(host: string): string {
  const bare = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return isIP(bare) > 0 ? ipaddr.process(bare).toString() : bare;
}

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Environment } from '../support/processes.js';

export type { Environment };

/** A service of docker-compose.yml, with the properties that the tests read. */
export interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: {
    readonly test?: readonly string[];
    readonly timeout?: string;
    readonly start_period?: string;
    readonly disable?: boolean;
  };
  readonly build?: string;
  readonly pull_policy?: string;
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly logging?: unknown;
  readonly deploy?: { readonly replicas: string };
  readonly container_name?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly volumes?: readonly string[];
}

/** Returns the services of docker-compose.yml with `env` substituted. Throws when a required variable is missing. */
export function readCompose(env: Environment): Readonly<Record<string, Container>> {
  const document = parse(substitute(readFileSync('docker-compose.yml', 'utf8'), env), { merge: true }) as {
    services: Record<string, Container>;
  };
  return document.services;
}

/**
 * Substitutes variables like Compose: `${NAME:-default}`, `${NAME:+text}` if it is set, `${NAME:?error}` for a required one,
 * and `$$` for a dollar.
 */
function substitute(text: string, env: Environment): string {
  const variable = /\$\$|\$\{(\w+)(?::([-?+])([^}]*))?\}/g;
  return text.replaceAll(variable, (...[match = '', name = '', operator, other = '']: string[]) => {
    if (match === '$$') return '$';
    const value = operator === '+' ? (env[name] ? other : '') : env[name] || (operator === '-' ? other : undefined);
    if (value === undefined) throw new Error(`${name} is not set`);
    return value;
  });
}

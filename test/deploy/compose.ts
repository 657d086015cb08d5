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
  readonly healthcheck?: { readonly test: readonly string[] };
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

/** Substitutes variables like Compose: `${NAME:-default}`, and `${NAME:?error}` for a required one. */
function substitute(text: string, env: Environment): string {
  return text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (...[, name = '', operator, fallback = '']: string[]) => {
    const value = env[name] || (operator === '-' ? fallback : undefined);
    if (value === undefined) throw new Error(`${name} is not set`);
    return value;
  });
}

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Environment } from '../support/processes.js';

export type { Environment };

/** One service of docker-compose.yml, as far as these tests look at it. */
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

/** The services of docker-compose.yml, with the variables of `env` in their places. Throws for one that must be there. */
export function readCompose(env: Environment): Readonly<Record<string, Container>> {
  const document = parse(filled(readFileSync('docker-compose.yml', 'utf8'), env), { merge: true }) as {
    services: Record<string, Container>;
  };
  return document.services;
}

/** Compose's own rules: `${NAME:-default}`, and `${NAME:?why}` for what must be set. */
function filled(text: string, env: Environment): string {
  return text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (...[, name = '', mark, rest = '']: string[]) => {
    const value = env[name] || (mark === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name} is not set`);
    return value;
  });
}

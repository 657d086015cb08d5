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
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: unknown;
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

const SECRETS = new Set(
  [...readFileSync('.env.example', 'utf8').matchAll(/^((?!NATS_NKEY_(?!SEED_))[A-Z_]+)=$/gm)].map(
    ([, name = '']) => name,
  ),
);

/** Secrets that need not be set. */
const OPTIONAL_SECRETS = ['MAIL_PASSWORD', 'PSEUDONYM_KEY', 'WEBHOOKS', 'SIGNAL_TRANSMITTERS'];

/** Returns whether a setting is in secrets.env. All others are in .env. */
export const isSecret = (name: string): boolean => SECRETS.has(name) || OPTIONAL_SECRETS.includes(name);

/** The file with the services, which docker-compose.yml includes. */
export const SERVICES_FILE = 'deploy/compose/services.yaml';

/**
 * Returns the services of docker-compose.yml with `env` in place of `.env` and `secrets.env`. Throws when a required
 * variable is missing.
 */
export function readCompose(env: Environment): Readonly<Record<string, Container>> {
  const document = parse(substitute(readFileSync(SERVICES_FILE, 'utf8'), env), { merge: true }) as {
    services: Record<string, Container & { readonly env_file?: readonly string[] }>;
  };
  const settings = Object.entries(env).filter(([name]) => !isSecret(name));
  return Object.fromEntries(
    Object.entries(document.services).map(([name, service]) => {
      const { env_file, ...container } = service;
      if (env_file === undefined) return [name, container];
      return [name, { ...container, environment: { ...Object.fromEntries(settings), ...container.environment } }];
    }),
  );
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
    if (value === undefined) throw new Error(`${name} is not set, but ${SERVICES_FILE} requires it`);
    return value;
  });
}

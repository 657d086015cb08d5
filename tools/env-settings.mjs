import { existsSync, readFileSync } from 'node:fs';

/** The settings of docker-compose.yml that every container gets. */
export const SETTINGS_FILE = '.env';
/** The secrets of docker-compose.yml. Each container gets only those that it needs. */
export const SECRETS_FILE = 'secrets.env';

const SECRET = new RegExp(
  [
    '^(MFA_)?SEAL_KEYS$',
    '^JWT_SIGNING_KEYS$',
    '^(SECRET|PSEUDONYM)_KEY$',
    '^DATABASE_URL$',
    '^(POSTGRES|DATABASE|NATS|NATS_CLUSTER|MAIL|ADMIN|GRAFANA)_PASSWORD(_[A-Z]+)?$',
    '^NATS_NKEY_SEED(_[A-Z]+)?$',
    '^(WEBHOOKS|SIGNAL_TRANSMITTERS)$',
  ].join('|'),
);

/** Returns whether a setting is a secret, which must not be in .env. */
export const isSecret = (name) => SECRET.test(name);

/** Returns the names and values of an env file; none if there is no such file. */
export function readSettings(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return [...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value.trim()]);
}

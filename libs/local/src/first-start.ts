import { randomBytes } from 'node:crypto';
import { FLOW_SCHEMA, isAutoApplied } from '@gatehouse/blueprints';
import { CommandEventRecorder } from '@gatehouse/outbox';
import { openDataSource, readConfig, Sealer } from '@gatehouse/platform';
import { applyFiles, readFolder } from './apply-files.js';
import { applyOnce, type OnceResult } from './apply-once.js';
import { standaloneConfig } from './local.config.js';

/** The group of administrators. ADMIN_BLUEPRINT creates it, unless another blueprint has already created it. */
const ADMINS = 'gatehouse admins';

const ADMIN_BLUEPRINT = `
version: 1
entries:
  - model: authentik_core.group
    id: admins
    state: created
    identifiers:
      name: ${ADMINS}
    attrs:
      is_superuser: true
  - model: authentik_core.user
    identifiers:
      username: !Env ADMIN_USERNAME
    attrs:
      name: Administrator
      email: !Env ADMIN_EMAIL
      password: !Env ADMIN_PASSWORD
      groups:
        - !KeyOf admins
`;

/**
 * Applies the blueprints of `folder` in the order of their paths, if the database has no objects of blueprints yet
 * (`applyOnce`). Skips blueprints that are applied only when another blueprint requires them (`isAutoApplied`).
 */
export async function applyBlueprintFolder(url: string, folder: string, sealKeys?: string): Promise<OnceResult> {
  const files = await readFolder(folder);
  return applyOnce(
    url,
    { files: files.filter(isAutoApplied), names: [folder] },
    { folder, sealKeys, events: startEvents(sealKeys) },
  );
}

/** An administrator who is about to be created. */
export interface NewAdmin {
  readonly username: string;
  /** `undefined` if ADMIN_PASSWORD sets the password, so that it appears in no output. */
  readonly randomPassword: string | undefined;
}

interface AdminOptions {
  readonly url: string;
  /** Seal keys that decrypt the secrets of the objects in the database. */
  readonly sealKeys: string;
  readonly env: NodeJS.ProcessEnv;
  /**
   * Called before the administrator is saved, so that the password of a saved administrator is never lost, even if this
   * process is killed.
   */
  readonly announce: (admin: NewAdmin) => void;
}

/**
 * Creates an administrator if there is none. ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD set the username, the email
 * address and the password; the password is random by default.
 */
export async function ensureAdmin({ url, sealKeys, env, announce }: AdminOptions): Promise<void> {
  if (await hasAdmin(url)) return;
  const config = readConfig(standaloneConfig, env);
  const { ADMIN_USERNAME: username, ADMIN_EMAIL, ADMIN_PASSWORD: configured } = config;
  const randomPassword = configured === undefined ? randomBytes(12).toString('base64url') : undefined;
  announce({ username, randomPassword });
  await applyFiles(url, [{ name: 'first administrator', text: ADMIN_BLUEPRINT }], {
    env: { ADMIN_USERNAME: username, ADMIN_EMAIL, ADMIN_PASSWORD: configured ?? randomPassword },
    ...{ sealKeys, events: startEvents(sealKeys) },
  });
}

/** Returns the recorder of the audit events of the first start. */
const startEvents = (sealKeys: string | undefined) =>
  new CommandEventRecorder('start', sealKeys === undefined ? undefined : new Sealer(sealKeys));

async function hasAdmin(url: string): Promise<boolean> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, poolSize: 1 });
  try {
    const rows: unknown[] = await source.query('SELECT FROM directory.identities WHERE is_superuser LIMIT 1');
    return rows.length > 0;
  } finally {
    await source.destroy();
  }
}

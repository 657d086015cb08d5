import { randomBytes } from 'node:crypto';
import { FLOW_SCHEMA, isAutoApplied, type Report } from '@gatehouse/blueprints';
import { openDataSource, readConfig } from '@gatehouse/platform';
import { applyFiles, readFolder } from './apply-files.js';
import { standaloneConfig } from './local.config.js';

/**
 * The name of the group of administrators. The blueprints of this repository create the group too; other blueprints
 * need not.
 */
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
      password: !Env ADMIN_PASSWORD
      groups:
        - !KeyOf admins
`;

/**
 * Applies the blueprints of `folder` in the order of their paths. Skips the blueprints that are applied on request
 * only.
 */
export async function applyBlueprintFolder(url: string, folder: string, sealKeys?: string): Promise<Report> {
  const files = await readFolder(folder);
  return applyFiles(url, files.filter(isAutoApplied), { folder, sealKeys });
}

/** A newly created administrator. */
export interface CreatedAdmin {
  readonly username: string;
  readonly password: string;
}

/**
 * Creates an administrator and returns its username and password. Returns undefined if there is an administrator
 * already. ADMIN_USERNAME and ADMIN_PASSWORD set the username and the password; the password is random by default.
 * `sealKeys` decrypt the secrets of objects that were applied before.
 */
export async function ensureAdmin(
  url: string,
  sealKeys: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<CreatedAdmin | undefined> {
  if (await hasAdmin(url)) return undefined;
  const { ADMIN_USERNAME: username, ADMIN_PASSWORD: configured } = readConfig(standaloneConfig, env);
  const password = configured ?? randomBytes(12).toString('base64url');
  await applyFiles(url, [{ name: 'first administrator', text: ADMIN_BLUEPRINT }], {
    env: { ADMIN_USERNAME: username, ADMIN_PASSWORD: password },
    sealKeys,
  });
  return { username, password };
}

async function hasAdmin(url: string): Promise<boolean> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, poolSize: 1 });
  try {
    const rows: unknown[] = await source.query('SELECT FROM directory.identities WHERE is_superuser LIMIT 1');
    return rows.length > 0;
  } finally {
    await source.destroy();
  }
}

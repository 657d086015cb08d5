import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TypeormDirectoryStore, tokenHash } from '@gatehouse/directory';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';
import { recordedEvents } from '../../../../test/support/recorded-events.js';

const keys = { SEAL_KEYS: `k:${randomBytes(32).toString('base64')}` };
let url: string;
let source: DataSource;
let close: () => Promise<void>;
let folder: string;
beforeAll(async () => {
  ({ url, source, close } = await flowDatabase());
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-tokens-'));
});
afterAll(async () => {
  await close?.();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await source.query('TRUNCATE directory.users, directory.groups, flow.outbox CASCADE');
  const directory = new TypeormDirectoryStore(source.manager);
  const root = await directory.createUser({ username: 'root' });
  await directory.createUser({ username: 'bob' });
  const { pk } = await directory.createGroup({ name: 'admins', is_superuser: true });
  await directory.setGroups(root.pk, [pk]);
});

const user = (args: string[], env: Record<string, string> = {}) =>
  runCli('user', args, { env: { DATABASE_URL: url, GATEHOUSE_DIR: folder, ...keys, ...env } });
const createToken = (...args: string[]) => user(['create-token', 'root', 'deploy', ...args]);
const FLOWS = ['--scope', 'flows', '--days', '30'];
const tokens = () =>
  source.query<{ key_hash: Buffer; days: number }[]>(
    `SELECT id, key_hash, scope, intent, round(extract(epoch FROM expires - now()) / 86400)::int AS days FROM directory.tokens`,
  );
const events = (action: string) =>
  recordedEvents({ rows: (sql, values) => source.query(sql, values), sealing: keys }, action);

describe('create-token', () => {
  it('prints the key of a token with the scope, and stores its hash and the stated expiry', async () => {
    const { code, stdout, stderr } = await createToken(...FLOWS);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('scope flows') });
    const [token] = await tokens();
    expect(stdout).toMatch(/^[A-Za-z0-9]{60}\n$/);
    expect(token).toMatchObject({ scope: 'flows', intent: 'api', days: 30, key_hash: tokenHash(stdout.trim()) });
    expect(stderr).not.toContain(stdout.trim());
  });

  it('writes an event with the user, the token and the scope, without the key', async () => {
    const { stdout } = await createToken(...FLOWS);
    const [token] = await source.query<{ id: string }[]>('SELECT id FROM directory.tokens');
    const [event] = await events('model_created');
    expect(event?.data).toMatchObject({
      actor: { type: 'system', command: 'user create-token' },
      user: { username: 'root' },
      context: { model: { model_name: 'token', pk: token!.id, name: 'deploy' }, scope: 'flows' },
    });
    expect(JSON.stringify(event)).not.toContain(stdout.trim());
  });

  it.each([
    ['no scope', ['--days', '30'], /--scope must be flows/],
    ['another scope', ['--scope', 'users', '--days', '30'], /--scope must be flows/],
    ['no days', ['--scope', 'flows'], /--days must be a number from 1 to 365 \(SCOPED_TOKEN_DAYS_MAX\)/],
    ['0 days', ['--scope', 'flows', '--days', '0'], /from 1 to 365/],
    ['too many days', ['--scope', 'flows', '--days', '366'], /from 1 to 365/],
    ['another argument', [...FLOWS, 'more'], /IDENTIFIER are expected/],
    ['an unknown option', [...FLOWS, '--key', 'mine'], /usage: npm run user -- create-token/],
  ])('refuses %s, and creates nothing', async (_, args, message) => {
    const { code, stderr } = await createToken(...args);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
    expect(await tokens()).toEqual([]);
  });

  it('refuses more days than SCOPED_TOKEN_DAYS_MAX', async () => {
    const { stderr } = await user(['create-token', 'root', 'deploy', ...FLOWS], { SCOPED_TOKEN_DAYS_MAX: '29' });
    expect(stderr).toContain('from 1 to 29');
  });

  it('refuses a user who is no superuser or is locked, and a name that is taken or invalid', async () => {
    expect((await user(['create-token', 'bob', 'deploy', ...FLOWS])).stderr).toContain('bob is no superuser');
    expect((await user(['create-token', 'root', 'my token', ...FLOWS])).stderr).toContain('letters, digits, - and _');
    expect((await user(['create-token', 'nobody', 'deploy', ...FLOWS])).stderr).toContain('there is no user nobody');
    await source.query(`UPDATE directory.users SET is_active = false WHERE username = 'root'`);
    expect((await createToken(...FLOWS)).stderr).toContain('root is locked');
    await source.query(`UPDATE directory.users SET is_active = true`);
    await createToken(...FLOWS);
    expect((await createToken(...FLOWS)).stderr).toContain('there is a token deploy already');
  });
});

describe('list-tokens', () => {
  it('lists tokens with their scopes and expiries, and no key', async () => {
    const { stdout: key } = await createToken(...FLOWS);
    const { pk } = (await new TypeormDirectoryStore(source.manager).findUsers({ username: 'bob' }))[0]!;
    const plain = { identifier: 'plain', intent: 'api', user: pk, expiring: false } as const;
    await new TypeormDirectoryStore(source.manager).createToken(plain);
    const { stdout } = await user(['list-tokens']);
    expect(stdout).toMatch(
      /plain {2}bob {2}api {2}no scope {2}never expires\ndeploy {2}root {2}api {2}scope flows {2}until 20/,
    );
    expect(stdout).not.toContain(key.trim());
    expect((await user(['list-tokens', 'bob'])).stdout).not.toContain('deploy');
    expect((await user(['list-tokens', 'nobody'])).stderr).toContain('there is no user nobody');
  });
});

describe('revoke-token', () => {
  it('deletes the token, and records it', async () => {
    await createToken(...FLOWS);
    expect((await user(['revoke-token', 'deploy'])).stdout).toContain('revoked the token deploy of root');
    expect(await tokens()).toEqual([]);
    expect((await events('model_deleted'))[0]?.data).toMatchObject({
      actor: { type: 'system', command: 'user revoke-token' },
      context: { model: { model_name: 'token', name: 'deploy' }, scope: 'flows' },
    });
  });

  it('refuses a token that does not exist, and no name', async () => {
    expect((await user(['revoke-token', 'deploy'])).stderr).toContain('there is no token deploy');
    expect((await user(['revoke-token'])).stderr).toContain('IDENTIFIER is missing');
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBlueprints, exportFlow, FLOW_SCHEMA, formatReport } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { openDataSource, Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFiles, readFolder } from '../../libs/local/src/apply-files.js';
import { migratedDatabase } from '../support/postgres.js';
import { syntaxChecker as syntax } from '../support/syntax-checker.js';

/** Folders of blueprints that resemble authentik's, and of authentik's own if `BLUEPRINT_CORPUS` names them. */
const folders = ['test/corpus', ...(process.env['BLUEPRINT_CORPUS'] ?? '').split(':').filter(Boolean)];

const SEAL_KEYS = `corpus:${Buffer.alloc(32, 7).toString('base64')}`;
const env = { PATH: process.env['PATH'] };

describe.each(folders)('the blueprints of %s', (folder) => {
  let emptyFolder: string;
  const databases: Awaited<ReturnType<typeof migratedDatabase>>[] = [];

  beforeAll(async () => {
    emptyFolder = await mkdtemp(join(tmpdir(), 'blueprints-'));
  });
  afterAll(async () => {
    for (const { drop } of databases) await drop();
    await rm(emptyFolder, { recursive: true });
  });

  const files = () => readFolder(folder);
  async function database(): Promise<string> {
    const made = await migratedDatabase();
    databases.push(made);
    return made.url;
  }
  const apply = (url: string, given: Parameters<typeof applyFiles>[1], more: NodeJS.ProcessEnv = {}) =>
    applyFiles(url, given, { env: { ...env, ...more }, folder: emptyFolder, sealKeys: SEAL_KEYS, syntax });

  it('apply one by one, and change nothing when each is applied again', async () => {
    const url = await database();
    const changing: string[] = [];
    for (const file of await files()) {
      await apply(url, [file]);
      const report = formatReport(await apply(url, [file]));
      if (!report.endsWith('\nnothing changed')) changing.push(report);
    }
    expect(changing).toEqual([]);
  });

  it('apply together, change nothing when applied again, and are unchanged by an export and import', async () => {
    const [url, other] = [await database(), await database()];
    await apply(url, await files());
    expect((await apply(url, await files())).isChanged).toBe(false);
    const texts = await exported(url);
    const variables = [...texts.values()].flatMap((text) => [...text.matchAll(/^# {3}(\w+)$/gm)]);
    const secrets = Object.fromEntries(variables.map(([, name = '']) => [name, 'a secret']));
    await apply(
      other,
      [...texts].map(([name, text]) => ({ name, text })),
      secrets,
    );
    expect(await exported(other)).toEqual(texts);
  });

  it('have no errors in a check without a database', async () => {
    const given = { files: await files(), library: async () => undefined, env: {}, syntax };
    const findings = await checkBlueprints(given);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

/** Exports every flow of a database as a blueprint, by slug. */
async function exported(url: string): Promise<Map<string, string>> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 1 });
  try {
    const flows: { slug: string }[] = await source.query('SELECT slug FROM flow.flows ORDER BY slug');
    const texts = new Map<string, string>();
    for (const { slug } of flows) texts.set(slug, await exportFlow({ source, slug, sealer: new Sealer(SEAL_KEYS) }));
    return texts;
  } finally {
    await source.destroy();
  }
}

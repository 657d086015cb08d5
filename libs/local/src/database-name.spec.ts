import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { databaseName, isNewDatabase } from './database-name.js';

it('databaseName returns the database of DATABASE_URL without its credentials', () => {
  expect(databaseName({ DATABASE_URL: 'postgres://ann:secret@db.example.org:6432/login?sslmode=require' })).toBe(
    'db.example.org:6432/login',
  );
  expect(databaseName({ DATABASE_URL: 'postgres:///login?host=/run/postgresql&password=secret' })).toBe(
    '/run/postgresql/login',
  );
  for (const invalid of ['secret', 'postgres://db/100%'])
    expect(databaseName({ DATABASE_URL: invalid })).toBe('that of DATABASE_URL');
});

it('databaseName returns the folder of the embedded database, and says how to choose another if it is new', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  try {
    const isNew = databaseName({ GATEHOUSE_DIR: folder });
    expect(isNew).toMatch(/^a new, empty one in .*DATABASE_URL.*GATEHOUSE_DIR/);
    expect(isNew).toContain(folder);
    expect(isNewDatabase({ GATEHOUSE_DIR: folder })).toBe(true);
    expect(isNewDatabase({ GATEHOUSE_DIR: folder, DATABASE_URL: 'postgres://db/login' })).toBe(false);
    await mkdir(join(folder, 'postgres'));
    expect(databaseName({ GATEHOUSE_DIR: folder })).toBe(`the embedded one in ${folder}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

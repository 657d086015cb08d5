import { allMigrations } from '@gatehouse/local';
import { expect, it } from 'vitest';
import { SCHEMA_VERSIONS } from './index.js';

it('SCHEMA_VERSIONS has the timestamp of the newest migration of each schema', () => {
  const newest = allMigrations.map(({ schema, migrations }) => [
    schema,
    Math.max(...migrations.map(({ name }) => Number(name.slice(-13)))),
  ]);
  expect(SCHEMA_VERSIONS).toEqual(Object.fromEntries(newest));
});

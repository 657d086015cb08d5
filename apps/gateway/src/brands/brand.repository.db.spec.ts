import { randomUUID } from 'node:crypto';
import { brandOf } from '@gatehouse/executor/testing';
import { PlanStoreHarness } from '@gatehouse/executor-postgres/testing';
import type { Brand } from '@gatehouse/plan';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BrandRepository } from './brand.repository.js';

let store: PlanStoreHarness;
let brands: BrandRepository;

beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.nextFlow();
  await store.source.query('TRUNCATE flow.brand_sets');
  brands = new BrandRepository(store.source, { BRAND: 'The site', BASE_URL: 'https://id.a.example' });
});

/** Replaces the stored brands, as the command `blueprint apply` does. */
async function write(document: unknown) {
  await store.source.query(
    `INSERT INTO flow.brand_sets (revision, document) VALUES ($1, $2)
     ON CONFLICT (single) DO UPDATE SET revision = excluded.revision, document = excluded.document`,
    [randomUUID(), JSON.stringify(document)],
  );
}
const saveBrands = (...all: Brand[]) => write({ v: 1, brands: all, first: { recovery: 'lost', enrollment: 'join' } });
const revision = async () => (await store.plans.load(store.slug, undefined))?.brandsRevision;

describe('brands', () => {
  it('are found by the host of a request, and have the title in BRAND if they have no title of their own', async () => {
    await saveBrands(brandOf('a.example', { title: 'A' }), brandOf('b.example'));

    expect(await brands.find('id.a.example:9000')).toMatchObject({ domain: 'a.example', title: 'A' });
    expect(await brands.find('b.example')).toMatchObject({ domain: 'b.example', title: 'The site' });
  });

  it('use the flows that they name, else the first flow of each designation', async () => {
    await saveBrands(
      brandOf('a.example', { flows: { recovery: 'found', user_settings: 'mine' } }),
      brandOf('b.example'),
    );

    expect((await brands.find('a.example')).flowsByPurpose).toEqual({
      recovery: 'found',
      enrollment: 'join',
      user_settings: 'mine',
    });
    expect((await brands.find('b.example')).flowsByPurpose).toEqual({ recovery: 'lost', enrollment: 'join' });
    expect((await brands.find('c.example')).flowsByPurpose).toEqual({ recovery: 'lost', enrollment: 'join' });
  });

  it('are replaced by a built-in brand if none is stored, or if a later version wrote the document', async () => {
    const builtIn = { title: 'The site', flows: {}, flowsByPurpose: {} };
    expect(await revision()).toBeNull();
    expect(await brands.find('a.example', await revision())).toMatchObject(builtIn);
    await write({ v: 2, brands: 'otherwise' });
    expect(await brands.find('b.example', await revision())).toMatchObject(builtIn);
  });

  it('in a document that this version cannot parse still restrict the login flows', async () => {
    const later = { ...brandOf('a.example', { login_flows: ['strong'] }), theme: 'a theme of a later version' };
    await write({ v: 1, brands: [later, brandOf('b.example', { login_flows: ['strong', 'shop'] })], first: {} });

    for (const host of ['a.example', 'b.example', 'c.example'])
      expect(await brands.find(host)).toMatchObject({ title: 'The site', login_flows: ['strong', 'shop'] });
  });

  it('share passkeys only with the origins of the brand that matches the host of BASE_URL', async () => {
    const [own, foreign] = [['https://shop.example.net'], ['https://evil.example']];
    await saveBrands(
      brandOf('a.example', { passkey_origins: own }),
      brandOf('b.example', { passkey_origins: foreign, default: true }),
    );
    for (const host of ['id.a.example', 'b.example', 'unknown.example'])
      expect((await brands.find(host)).passkeyOrigins).toEqual(own);

    await saveBrands(brandOf('a.example'), brandOf('b.example', { passkey_origins: foreign, default: true }));
    for (const host of ['id.a.example', 'b.example']) expect((await brands.find(host)).passkeyOrigins).toEqual([]);
  });

  it('are up to date after a change, whether the lookup names the new revision or none', async () => {
    for (const title of ['first', 'second']) {
      await saveBrands(brandOf('a.example', { title }));
      expect(await brands.find('a.example', await revision())).toMatchObject({ title });
    }
    await saveBrands(brandOf('a.example', { title: 'third' }));
    expect(await brands.find('a.example')).toMatchObject({ title: 'third' });
  });

  it('are read from Postgres once for each revision', async () => {
    await saveBrands(brandOf('a.example'));
    const currentRevision = await revision();
    await brands.find('a.example', currentRevision);
    await store.source.query('ALTER TABLE flow.brand_sets RENAME TO away');
    try {
      expect(await brands.find('a.example', currentRevision)).toMatchObject({ domain: 'a.example' });
      await expect(brands.find('a.example', randomUUID())).rejects.toThrow('does not exist');
    } finally {
      await store.source.query('ALTER TABLE flow.away RENAME TO brand_sets');
    }
  });
});

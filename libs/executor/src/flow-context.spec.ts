import type { ApiVersion } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply } from '../testing/fake-stage-client.js';
import { brandOf } from '../testing/in-memory-brand-store.js';
import { flowOf } from '../testing/test-flow.js';

const opened = (apiVersion: ApiVersion = '2024.8') =>
  executorHarness(flowOf([{ kind: 'ident' }]), { 'ident.challenge': challengeReply() }, { apiVersion });

it('a stage gets the brand of the request’s host, and base URLs that do not depend on that host', async () => {
  const { brands, stages, show } = opened();
  brands.byHost.set('shop.example', brandOf('shop.example', { title: 'The Shop' }));
  const answer = await show({ host: 'shop.example' });
  await show({ host: 'other.example' });

  const fixed = {
    base_url: 'https://id.example.org',
    rp_id: 'id.example.org',
    flows: {},
    api_version: '2024.8',
  } as const;
  expect(stages.requests.map(({ site }) => site)).toEqual([
    { ...fixed, brand: 'The Shop' },
    { ...fixed, brand: 'Example' },
  ]);
  expect(answer.brand.title).toBe('The Shop');
});

it('a stage gets the origins that share the passkeys of the site, if there are any', async () => {
  const { brands, stages, show } = opened();
  const passkey_origins = ['https://shop.example.net'];
  brands.byHost.set('shop.example', brandOf('shop.example', { passkey_origins }));
  for (const host of ['shop.example', 'other.example']) await show({ host });

  expect(stages.requests.map(({ site }) => site.passkey_origins)).toEqual([passkey_origins, undefined]);
});

it('under 2024.8 a stage gets the brand’s recovery flow, else the default recovery flow', async () => {
  const { brands, stages, show } = opened();
  brands.first = { recovery: 'lost' };
  brands.byHost.set('shop.example', brandOf('shop.example', { flows: { recovery: 'shop-lost' } }));
  for (const host of ['shop.example', 'other.example']) await show({ host });

  expect(stages.requests.map(({ site }) => site.flows)).toEqual([{ recovery: 'shop-lost' }, { recovery: 'lost' }]);
});

it('under 2026.8 a stage gets only the brand’s recovery flow', async () => {
  const { brands, stages, show } = opened('2026.8');
  brands.first = { recovery: 'lost' };
  brands.byHost.set('shop.example', brandOf('shop.example', { flows: { recovery: 'shop-lost' } }));
  for (const host of ['shop.example', 'other.example']) await show({ host });

  expect(stages.requests.map(({ site }) => site.flows)).toEqual([{ recovery: 'shop-lost' }, {}]);
});

import type { Effect } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { collectEffect } from './effects.js';
import { hashToken, type LinkTarget } from './resume-links.js';

function attachResumeLinks(effects: readonly Effect[], target: LinkTarget) {
  const collected = effects.map((effect) => collectEffect(effect, target));
  return { effects: collected.map(({ effect }) => effect), links: collected.flatMap(({ link }) => link ?? []) };
}

const mail = (link_ttl_s?: number): Effect => ({
  ...{ type: 'mail', to: { address: 'alice@example.org', name: 'Alice' }, template: 't', subject: 's', locale: 'en' },
  variables: { greeting: 'Hello' },
  ...(link_ttl_s === undefined ? {} : { link_ttl_s }),
});
const place = {
  step: 'mail-1',
  slug: 'recovery',
  baseUrl: 'https://id.example.org',
  query: { next: '/a?b=c', flow_token: 'older' },
};
const urlOf = (effect: Effect | undefined) =>
  new URL(String(effect?.type === 'mail' ? effect.variables['url'] : undefined));

describe('a mail with `link_ttl_s`', () => {
  it('gets a link to its flow’s page at the configured address, with the flow’s query and a new token', () => {
    const { effects } = attachResumeLinks([mail(60)], place);
    const url = urlOf(effects[0]);
    expect(url.origin + url.pathname).toBe('https://id.example.org/if/flow/recovery/');
    expect([...url.searchParams.keys()]).toEqual(['next', 'flow_token']);
    expect(url.searchParams.get('next')).toBe('/a?b=c');
    expect(url.searchParams.get('flow_token')).toMatch(/^[A-Za-z0-9]{60}$/);
  });
  it('adds a link to store: the hash of its token, its step and its lifetime', () => {
    const { effects, links } = attachResumeLinks([mail(60)], place);
    const token = urlOf(effects[0]).searchParams.get('flow_token')!;
    expect(links).toEqual([{ hash: hashToken(token), step: 'mail-1', ttlS: 60 }]);
    expect(JSON.stringify(links)).not.toContain(token);
  });
  it('has a unique token', () => {
    const { links } = attachResumeLinks([mail(60), mail(60)], place);
    expect(links[0]!.hash.equals(links[1]!.hash)).toBe(false);
  });
});

it('attachResumeLinks does not change a mail without `link_ttl_s`, or any other effect', () => {
  const effects: Effect[] = [mail(), { type: 'event', action: 'login', context: {} }];
  expect(attachResumeLinks(effects, place)).toEqual({ effects, links: [] });
});

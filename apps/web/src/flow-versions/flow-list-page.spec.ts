import { translator } from '@gatehouse/texts';
import { h } from 'preact';
import { render } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import type { FlowListPageData } from '../page.js';
import { FlowListPage } from './flow-list-page.js';

const pageData = (slug: string, completions: FlowListPageData['completions']) =>
  ({
    ...{ brand: { title: 'Here', logo: '', links: [] }, locale: 'en', locales: [], address: '/flows/' },
    ...{ completions, flows: [{ slug, title: '', designation: 'enrollment', version: 1, drafts: 0, candidate: null }] },
  }) as unknown as FlowListPageData;
const list = (slug: string, completions: FlowListPageData['completions']) =>
  render(h(FlowListPage, { pageData: pageData(slug, completions), t: translator('en') }));

it('the list of flows shows the share of the answered visits of a flow that were finished', () => {
  expect(list('login', { login: { ended: 4, done: 3 } })).toContain('Last day: 75% of 4 finished');
});

it.each(['login', 'constructor', '__proto__'])(
  'the list of flows shows no data for the flow %s without visits',
  (slug) => {
    expect(list(slug, { other: { ended: 4, done: 3 } })).toContain('Last day: no data');
  },
);

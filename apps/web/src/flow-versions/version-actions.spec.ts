import { translator } from '@gatehouse/texts';
import { h } from 'preact';
import { render } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import type { FlowVersionsPageData } from '../page.js';
import type { FlowVersionRow } from './flow-versions.js';
import { VersionActions } from './version-actions.js';

/** Returns the links beside the first of these versions. */
function linksOf(states: readonly FlowVersionRow['state'][], candidate: object | null = null) {
  const versions = states.map((state, i) => ({
    number: states.length - i,
    state,
    created: null,
    published: null,
    origin: null,
  }));
  const pageData = { address: '/flows/login/', flow: { candidate }, versions } as unknown as FlowVersionsPageData;
  const html = render(h(VersionActions, { version: versions[0]!, pageData, t: translator('en') }));
  return [...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => address!.replaceAll('&amp;', '&'));
}

it('the actions of the current version offer a rollback if there is an earlier version and no rollout', () => {
  expect(linksOf(['current', 'earlier'])).toContain('/flows/login/rollback/');
  expect(linksOf(['current', 'draft'])).not.toContain('/flows/login/rollback/');
  expect(linksOf(['current', 'earlier'], { version: 3, percent: 10 })).not.toContain('/flows/login/rollback/');
});

it('the actions of a draft are to publish it, to roll it out and to preview it', () => {
  expect(linksOf(['draft', 'current'])).toEqual(
    ['publish', 'rollout', 'preview'].map((action) => `/flows/login/${action}/?version=2`),
  );
});

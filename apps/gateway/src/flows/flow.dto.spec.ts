import { API_VERSIONS, type ApiView, valueIn } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { flow, toFlow } from './flow.dto.js';

const DEFAULT = '/static/dist/assets/images/flow_background.jpg';

function backgroundOf(view: ApiView, own: string | undefined, ofBrand?: string) {
  const id = '00000000-0000-4000-8000-000000000000';
  const published = {
    ...{ id, slug: 'login', name: 'Login', title: 'Log in', designation: 'authentication' as const },
    ...{ denied_action: 'continue' as const, authentication: 'none' as const, background: own },
  };
  const summary = { flow: published, mode: 'any' as const, stages: [], policies: [] };
  const shown = valueIn(view, flow, toFlow(summary, { background: ofBrand }));
  return Object.fromEntries(Object.entries(shown).filter(([name]) => name.startsWith('background')));
}

describe('the background of a flow in the API', () => {
  it('under 2024.8 is the URL of the flow’s own picture, else of the built-in picture', () => {
    expect(backgroundOf('2024.8', '/own.jpg', '/brand.jpg')).toEqual({ background: '/own.jpg' });
    expect(backgroundOf('2024.8', undefined, '/brand.jpg')).toEqual({ background: DEFAULT });
  });

  it('under 2026.8 is empty if the flow has no picture, and background_url is then that of the brand', () => {
    const none = { background: '', background_themed_urls: null };
    expect(backgroundOf('2026.8', undefined, '/brand.jpg')).toEqual({ ...none, background_url: '/brand.jpg' });
    expect(backgroundOf('2026.8', undefined)).toEqual({ ...none, background_url: DEFAULT });
  });

  it('under 2026.8 has a URL for each theme', () => {
    expect(backgroundOf('2026.8', '/own-%(theme)s.jpg')).toEqual({
      ...{ background: '/own-%(theme)s.jpg', background_url: '/own-%(theme)s.jpg' },
      background_themed_urls: { light: '/own-light.jpg', dark: '/own-dark.jpg' },
    });
  });

  it.each(API_VERSIONS)('under %s has no undefined field', (view) => {
    expect(Object.values(backgroundOf(view, undefined))).not.toContain(undefined);
  });
});

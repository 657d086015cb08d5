import { API_VERSIONS, type ApiView, typeIn, valueIn } from '@gatehouse/contracts';
import { brandOf } from '@gatehouse/executor/testing';
import type { Brand } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GatewayModule } from '../gateway.module.js';
import { currentBrand, toCurrentBrand } from './brand.dto.js';

const shown = (view: ApiView, more: Partial<Brand> = {}) =>
  valueIn(view, currentBrand, toCurrentBrand(brandOf('a.example', { title: 'A', ...more })));

const OLDER = {
  matched_domain: 'a.example',
  branding_title: 'A',
  branding_logo: '/static/dist/assets/icons/icon_left_brand.svg',
  branding_favicon: '/static/dist/assets/icons/icon.png',
  ui_footer_links: [],
  ui_theme: 'automatic',
  default_locale: '',
};

describe('the current brand', () => {
  it('has the new fields only under 2026.8, and no slug of a flow that the brand does not name', () => {
    expect(shown('2024.8')).toEqual(OLDER);
    expect(shown('2026.8')).toEqual({
      ...OLDER,
      branding_logo_themed_urls: null,
      branding_favicon_themed_urls: null,
      branding_custom_css: '',
      branding_map_tiles: '',
      flags: { flows_continuous_login: false, flows_refresh_others: false },
    });
  });

  it('shows its style sheet and its newer flows to clients of 2026.8 only', () => {
    const more: Partial<Brand> = {
      ...{ branding_custom_css: 'a{}', custom_css: 'b{}' },
      ...{ flows: { recovery: 'lost' }, newer_flows: { lockdown: 'lock' } },
    };
    expect(shown('2024.8', more)).toEqual({ ...OLDER, flow_recovery: 'lost' });
    expect(shown('2026.8', more)).toMatchObject({
      ...{ flow_recovery: 'lost', flow_lockdown: 'lock', branding_custom_css: 'a{}' },
    });
  });

  it('has a URL for each theme if the URL of the logo contains the placeholder of the theme', () => {
    expect(shown('2026.8', { logo: '/logo-%(theme)s.svg' })).toMatchObject({
      branding_logo: '/logo-%(theme)s.svg',
      branding_logo_themed_urls: { light: '/logo-light.svg', dark: '/logo-dark.svg' },
      branding_favicon_themed_urls: null,
    });
  });

  it.each(API_VERSIONS)('matches the published schema of %s', (view) => {
    const strict = z.strictObject(typeIn(view, currentBrand).shape);
    expect(strict.safeParse(shown(view, { newer_flows: { lockdown: 'lock' } })).error).toBeUndefined();
  });
});

interface Component {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
}
const documents = API_VERSIONS.map(
  (view) => GatewayModule.document(view) as { components: { schemas: Record<string, Component> } },
);
const addedTo = (name: string, part: 'properties' | 'required') => {
  const found = documents.map(({ components }) => components.schemas[name]?.[part] ?? []);
  const [older, newer] = found.map((fields) =>
    Array.isArray(fields) ? (fields as string[]) : Object.keys(fields),
  ) as [string[], string[]];
  return {
    added: newer.filter((field) => !older.includes(field)).sort(),
    removed: older.filter((field) => !newer.includes(field)),
  };
};

describe('the published schema of 2026.8', () => {
  const required = [
    ...['branding_custom_css', 'branding_favicon_themed_urls', 'branding_logo_themed_urls', 'branding_map_tiles'],
    'flags',
  ];

  it('adds the new fields to the current brand, and its new flow slugs are optional', () => {
    const slugs = ['flow_lockdown', 'flow_request', 'flow_user_switch'];
    expect(addedTo('CurrentBrand', 'properties')).toEqual({ added: [...required, ...slugs].sort(), removed: [] });
    expect(addedTo('CurrentBrand', 'required')).toEqual({ added: required, removed: [] });
  });

  it('adds capabilities, and has no cache timeout of reputations', () => {
    expect(addedTo('Config', 'properties')).toEqual({ added: [], removed: ['cache_timeout_reputation'] });
    const [older, newer] = documents.map(({ components }) => components.schemas['CapabilitiesEnum']?.enum ?? []);
    expect(newer?.filter((value) => !older?.includes(value))).toEqual([
      ...['can_save_reports', 'can_request', 'can_agent_self_service'],
    ]);
  });

  it('adds the background URLs of a flow as required fields', () => {
    const urls = ['background_themed_urls', 'background_url'];
    expect(addedTo('Flow', 'properties')).toEqual({ added: urls, removed: [] });
    expect(addedTo('Flow', 'required')).toEqual({ added: urls, removed: [] });
  });
});

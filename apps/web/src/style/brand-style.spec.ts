import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Brand } from '../page.js';
import { backgroundOf } from '../ui/background.js';
import { brandStyle } from './brand-style.js';
import { colourOf, contrast } from './colour.js';

function style(overrides: Partial<Brand> = {}, background?: string) {
  const brand = { title: 'Example', ...overrides };
  return brandStyle(brand, backgroundOf(background === undefined ? undefined : { background }, brand));
}

/** All colours of three digits. */
const COLOURS = Array.from({ length: 4096 }, (_, i) => `#${i.toString(16).padStart(3, '0')}`);

/** The background colours of the style sheet behind texts, by colour scheme. */
const SURFACES = surfacesOf(readFileSync(new URL('base.css', import.meta.url), 'utf8'));

function surfacesOf(css: string) {
  const found = [...css.matchAll(/--(?:ground|card|soft|wrong-soft|notice-soft): light-dark\((#\w+), (#\w+)\)/g)];
  const colours = (group: 1 | 2) => found.map((match) => colourOf(match[group]) ?? '');
  return { light: colours(1), dark: colours(2) };
}

const customProperties = (rules: string): Record<string, string> =>
  Object.fromEntries([...rules.matchAll(/(--[-a-z]+):([^;}]+)/g)].map(([, name = '', value = '']) => [name, value]));

/** Returns the uses of the colours of a brand whose contrast is too low. */
const failuresOf = (primary: string, colours: Record<string, string>): string[] =>
  (['light', 'dark'] as const).flatMap((scheme) => {
    const [accent = '', onAccent = '', edge = '', link = ''] = ['accent', 'on-accent', 'edge', 'link'].map(
      (name) => colours[`--${name}-${scheme}`],
    );
    const card = SURFACES[scheme][1] ?? '';
    return [
      ...(contrast(accent, onAccent) < 4.5 ? [`text of buttons of ${primary}`] : []),
      ...(Math.min(...SURFACES[scheme].map((surface) => contrast(link, surface))) < 4.5 ? [`links of ${primary}`] : []),
      ...(contrast(edge === 'transparent' ? accent : edge, card) < 3 ? [`edges of ${primary} (${scheme})`] : []),
    ];
  });

describe('the style of a brand', () => {
  it('has readable buttons, links and edges in both schemes for every brand colour', () => {
    const failures = COLOURS.flatMap((primary) =>
      failuresOf(primary, customProperties(style({ colours: { primary } }))),
    );

    expect(failures).toEqual([]);
    expect(COLOURS).toHaveLength(4096);
    expect(SURFACES.light).toHaveLength(5);
  });

  it('keeps the brand colour for buttons, and for links where its contrast suffices', () => {
    const rules = style({ colours: { primary: '#1f5fbf' } });

    expect(rules).toContain('--accent-light:#1f5fbf;--on-accent-light:#ffffff;--edge-light:transparent;');
    expect(rules).toContain('--link-light:#1f5fbf;--accent-dark:#1f5fbf;');
  });

  it('changes only the lightness of links, so that they stay in the colour of the brand', () => {
    const yellow = customProperties(style({ colours: { primary: '#fd0' } }));
    const blue = customProperties(style({ colours: { primary: '#003' } }));

    expect(yellow).toMatchObject({ '--accent-light': '#ffdd00', '--on-accent-light': '#000000' });
    expect(yellow['--link-light']).toMatch(/^#[67].[56].00$/);
    expect(yellow['--edge-light']).toBe(yellow['--link-light']);
    expect(yellow['--link-dark']).toBe('#ffdd00');
    expect(blue['--link-dark']).toMatch(/^#(..)\1ff$/);
  });

  it.each(['red;}body{display:none', 'url(x)', '#12', ''])('ignores the invalid colour %j', (primary) => {
    expect(style({ colours: { primary } })).toBe('');
  });

  it('prefers the background of the flow, and ignores authentik’s default background', () => {
    const own = { background: '/own.jpg' };

    expect(style(own, '/flow.jpg')).toContain('url("/flow.jpg")');
    expect(style(own, '/static/dist/assets/images/flow_background.jpg')).toContain('url("/own.jpg")');
    expect(style({}, '/static/dist/assets/images/flow_background.jpg')).toBe('');
  });

  it('has the dark variant of the background only in the dark scheme, and only one variant for a brand with a theme', () => {
    const [light, dark] = [':root{--background:url("/sea-light.jpg")}', ':root{--background:url("/sea-dark.jpg")}'];
    const background = '/sea-%(theme)s.jpg';

    expect(style({}, background)).toBe(`${light}@media (prefers-color-scheme:dark){${dark}}`);
    expect(style({ theme: 'light', background })).toBe(light);
    expect(style({ theme: 'dark', background })).toBe(dark);
  });

  it('prevents CSS and HTML injection through the background and the custom CSS', () => {
    expect(style({ background: '/a");}</style><script>' })).toBe(
      ':root{--background:url("/a%22);}%3C/style%3E%3Cscript%3E")}',
    );
    expect(style({ custom_css: 'a{}</style><b>' })).toBe('a{}<\\/style><b>');
  });
});

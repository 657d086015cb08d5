import { describe, expect, it } from 'vitest';
import { attributeErrors, brandSettingsFrom } from './brand-attributes.js';

const gatehouseAttributes = (gatehouse: unknown) => ({ gatehouse });
const link = (href: unknown, name: unknown = 'Imprint') => gatehouseAttributes({ footer_links: [{ name, href }] });
const errorsOf = (attributes: unknown) => attributeErrors(attributes)['attributes'];

describe('the attributes of a brand', () => {
  it('set the appearance of the brand, and may contain unknown keys outside of `gatehouse`', () => {
    const attributes = {
      settings: { locale: 'pt-BR', theme: { base: 'dark', more: 1 }, other: true },
      gatehouse: {
        colours: { primary: '#0B57d0' },
        background: '/media/public/sea.jpg',
        layout: 'sidebar_left',
        footer_links: [
          { name: ' Imprint ', href: 'https://example.org/imprint?a=b#c' },
          { name: 'Made here', href: null },
        ],
        custom_css: '@media (width < 600px) { h1 > b { color: red } }',
      },
      contact: { phone: 1 },
    };

    expect(attributeErrors(attributes)).toEqual({});
    expect(brandSettingsFrom(attributes)).toEqual({
      ...attributes.gatehouse,
      ...{ locale: 'pt-BR', theme: 'dark' },
      footer_links: [
        { name: 'Imprint', href: 'https://example.org/imprint?a=b#c' },
        attributes.gatehouse.footer_links[1],
      ],
    });
  });

  it('may list at most 20 https origins that share the passkeys of the site, as browsers write them', () => {
    const naming = (...origins: unknown[]) => gatehouseAttributes({ passkey_origins: origins });
    const listed = ['https://shop.example.net', 'https://xn--bcher-kva.example:8443'];
    expect(errorsOf(naming(...listed))).toBeUndefined();
    expect(brandSettingsFrom(naming(...listed))).toMatchObject({ passkey_origins: listed });
    const text =
      'Enter an https origin with a domain, such as https://shop.example.net, in lower case and without a path.';
    for (const invalid of [
      ...[
        'http://shop.example.net',
        'http://localhost:3000',
        'https://localhost',
        'https://127.0.0.1',
        'https://[::1]',
      ],
      ...['https://shop.example.net/', 'https://Shop.example.net', 'https://shop.example.net:443', 'shop.example.net'],
      ...[
        'https://*.example.net',
        'https://a@shop.example.net',
        'https://shop.example.net.',
        'https://bücher.example',
        '',
      ],
    ])
      expect([invalid, errorsOf(naming(listed[0], invalid))]).toEqual([
        invalid,
        [{ text: `gatehouse.passkey_origins.1: ${text}` }],
      ]);
    const many = Array.from({ length: 21 }, (_, i) => `https://s${i}.example`);
    expect(errorsOf(naming(...many.slice(1)))).toBeUndefined();
    expect(errorsOf(naming(...many))).toEqual([{ text: expect.stringContaining('passkey_origins: Too big') }]);
  });

  it('have defaults when they are empty', () => {
    expect(brandSettingsFrom({})).toEqual({ footer_links: [], custom_css: '', locale: '', theme: 'automatic' });
  });

  it.each([
    [gatehouseAttributes({ colours: { primary: 'red' } }), 'gatehouse.colours.primary: Enter a colour as #rrggbb.'],
    [
      gatehouseAttributes({ colours: { primary: '#0b57d0;}' } }),
      'gatehouse.colours.primary: Enter a colour as #rrggbb.',
    ],
    [
      gatehouseAttributes({ background: 'javascript:alert(1)' }),
      'gatehouse.background: Enter a path or an http(s) URL.',
    ],
    [
      gatehouseAttributes({ background: '//cdn.example/x.png' }),
      'gatehouse.background: Enter a path or an http(s) URL.',
    ],
    [gatehouseAttributes({ background: '/x.png"),url(//y' }), 'gatehouse.background: Enter a path or an http(s) URL.'],
    [
      gatehouseAttributes({ background: `/${'x'.repeat(500)}` }),
      'gatehouse.background: Enter a path or an http(s) URL.',
    ],
    [link('/imprint'), 'gatehouse.footer_links.0.href: Enter an http(s) URL.'],
    [link('javascript:alert(1)'), 'gatehouse.footer_links.0.href: Enter an http(s) URL.'],
    [link('mailto:a@example.org'), 'gatehouse.footer_links.0.href: Enter an http(s) URL.'],
    [
      gatehouseAttributes({ custom_css: 'a{}</style><script>' }),
      'gatehouse.custom_css: A style sheet has no tags in it.',
    ],
    [gatehouseAttributes({ custom_css: 'a{}\n<!-- ' }), 'gatehouse.custom_css: A style sheet has no tags in it.'],
    [{ settings: { locale: 'de"><' } }, 'settings.locale: Enter a language tag.'],
  ])('are refused with the path of the invalid attribute: %j', (attributes, text) => {
    expect(errorsOf(attributes)).toEqual([{ text }]);
  });

  it.each([
    [gatehouseAttributes({ color: '#ffffff' }), 'gatehouse'],
    [gatehouseAttributes([]), 'gatehouse'],
    [gatehouseAttributes({ colours: { accent: '#ffffff' } }), 'gatehouse.colours'],
    [gatehouseAttributes({ layout: 'upside_down' }), 'gatehouse.layout'],
    [gatehouseAttributes({ custom_css: 'x'.repeat(16 * 1024 + 1) }), 'gatehouse.custom_css'],
    [
      gatehouseAttributes({ footer_links: Array.from({ length: 13 }, () => ({ name: 'x', href: null })) }),
      'gatehouse.footer_links',
    ],
    [link(null, ''), 'gatehouse.footer_links.0.name'],
    [link(null, 'x'.repeat(101)), 'gatehouse.footer_links.0.name'],
    [gatehouseAttributes({ footer_links: [{ name: 'x' }] }), 'gatehouse.footer_links.0.href'],
    [{ settings: { theme: { base: 'pink' } } }, 'settings.theme.base'],
    [{ settings: 'none' }, 'settings'],
  ])('are refused when they violate the schema: %j', (attributes, path) => {
    expect(errorsOf(attributes)).toEqual([{ text: expect.stringMatching(new RegExp(`^${path}: .`)) }]);
  });
});

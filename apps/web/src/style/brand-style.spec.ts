import { describe, expect, it } from 'vitest';
import { brandStyle } from './brand-style.js';
import { contrast, readableColour } from './colour.js';

const style = (overrides: object = {}, flowBackground?: string) =>
  brandStyle({ title: 'Example', ...overrides }, flowBackground);

describe('the style of a brand', () => {
  it('uses black or white text on the brand colour, whichever has more contrast', () => {
    for (const colour of ['#ffdd00', '#1f5fbf', '#777777', '#000000']) {
      expect(contrast(colour, readableColour(colour))).toBeGreaterThanOrEqual(4.5);
    }
    expect(style({ colours: { primary: '#fd0' } })).toContain('--accent:#ffdd00;--on-accent:#000000');
  });

  it('uses the brand colour for links only on backgrounds with enough contrast', () => {
    const dark = style({ colours: { primary: '#003366' } });
    const bright = style({ colours: { primary: '#ffdd00' } });

    expect(dark).toContain('--link:#003366');
    expect(dark).not.toContain('--link-dark');
    expect(bright).toContain('--link-dark:#ffdd00');
    expect(bright).not.toContain('--link:');
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

  it('prevents CSS and HTML injection through the background and the custom CSS', () => {
    expect(style({ background: '/a");}</style><script>' })).toBe(
      ':root{--background:url("/a%22);}%3C/style%3E%3Cscript%3E")}',
    );
    expect(style({ custom_css: 'a{}</style><b>' })).toBe('a{}<\\/style><b>');
  });
});

import { translator } from '@gatehouse/texts';
import { h } from 'preact';
import { render } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { fitting } from './diagram-layout.js';
import { DiagramPicture } from './diagram-picture.js';
import { DiagramTable } from './diagram-table.js';
import type { DiagramStep, VersionDiagram } from './flow-diagram.js';

const t = translator('en');
const step = (id: string, more: Partial<DiagramStep> = {}): DiagramStep => ({
  ...{ id, name: `the ${id}`, kind: id, isInserted: false, denies: false, restarts: false },
  ...more,
});
const numbers = { reached: 10, passed: 7, rejected: 4, denied: 1, left: 2, medianMs: 1500 };
const conditions = {
  mode: 'any',
  conditions: [
    { type: 'policy', name: 'hours', negate: false },
    { type: 'group', name: 'staff', negate: true },
  ],
} as const;
const diagram: VersionDiagram = {
  ...{ version: 3, requirement: 'require_unauthenticated', period: '1d', conditions },
  steps: [
    step('who', { restarts: true, numbers }),
    step('code', { conditions, numbers }),
    step('code~1', { isInserted: true, numbers: { ...numbers, reached: 3, medianMs: null } }),
    step('stop', { denies: true }),
  ],
  numbers: { begun: 12, done: 7, loggedIn: 6, denied: 1, left: 4, counted: 2 },
};

const picture = (shown: VersionDiagram, isMirrored = false) =>
  render(h(DiagramPicture, { diagram: shown, locale: 'en', isMirrored, t }));
const table = (shown: VersionDiagram) => render(h(DiagramTable, { diagram: shown, locale: 'en', t }));
const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text);

describe('the picture of a version', () => {
  it('shows how many visitors went each way, with the median time', () => {
    expect(textsOf(picture(diagram))).toEqual([
      ...['Start', 'begun: 12', 'only for anonymous visitors', 'policy hours or not group staff'],
      ...['others are refused', 'the who', 'who', 'reached: 10', 'left: 2', 'denied: 1', 'passed: 7 · 1.5 sec'],
      ...[
        'the code',
        'if policy hours or not group staff',
        'reached: 10',
        'left: 2',
        'denied: 1',
        'passed: 7 · 1.5 sec',
      ],
      ...['the code~1', 'inserted by a stage', 'reached: 3', 'left: 2', 'denied: 1', 'passed: 7'],
      ...['the stop', 'stop', 'denied', 'finished: 7'],
    ]);
  });

  it('has a line around optional steps, a line back to the start, and no line onwards from a denial', () => {
    const count = (svg: string, part: string) => svg.split(`class="${part}"`).length - 1;
    const svg = picture(diagram);
    expect([count(svg, 'way past'), count(svg, 'way again'), count(svg, 'way')]).toEqual([2, 1, 5]);
    const stops = (more: Partial<DiagramStep>) =>
      count(picture({ ...diagram, steps: [step('who'), step('stop', { denies: true, ...more })] }), 'way');
    expect([stops({}), stops({ conditions })]).toEqual([3, 4]);
    const plain = picture({ version: 1, requirement: 'none', period: '1d', steps: [step('who')] });
    expect([count(plain, 'way past'), count(plain, 'way again'), count(plain, 'way')]).toEqual([0, 0, 2]);
    expect(textsOf(plain)).toEqual(['Start', 'the who', 'who', 'End of the flow']);
  });

  it('is mirrored for languages that are written from right to left', () => {
    const boxes = (svg: string) => [...svg.matchAll(/<rect class="step" x="(\d+)"/g)].map(([, x]) => Number(x));
    expect([new Set(boxes(picture(diagram))), new Set(boxes(picture(diagram, true)))]).toEqual([
      new Set([90]),
      new Set([720 - 410]),
    ]);
  });

  it('cuts off a long name, and has the whole name as a tooltip; the table has the whole name too', () => {
    const name = 'x'.repeat(200);
    const long = { ...diagram, steps: [step('who', { name })] };
    expect(picture(long)).toContain(`>${'x'.repeat(35)}…<title>${name}</title>`);
    expect(table(long)).toContain(name);
    expect([fitting('abc', 3), fitting('abcd', 3), fitting('登录登录', 5)]).toEqual(['abc', 'ab…', '登…']);
  });

  it('escapes names', () => {
    expect(picture({ ...diagram, steps: [step('who', { name: '</text><script>' })] })).not.toContain('<script>');
  });
});

describe('the table of a version', () => {
  it('has the facts of the picture', () => {
    const html = table(diagram);
    for (const { name, numbers: counts } of diagram.steps) {
      const cells = counts
        ? [counts.reached, counts.passed, counts.rejected, counts.denied, counts.left]
        : [0, 0, 0, 0, 0];
      const row = cells.map((cell) => `<td>${cell}</td>`).join('');
      expect(html).toMatch(new RegExp(`<bdi>${name}</bdi>[^\\n]*?${row}`));
    }
    for (const text of [
      'only for anonymous visitors',
      'if policy hours or not group staff',
      'a refused answer starts the flow again',
      'denies every visitor',
      'inserted by a stage',
      '1.5 sec',
    ])
      expect(html).toContain(text);
  });
});

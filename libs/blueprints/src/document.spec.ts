import { describe, expect, it } from 'vitest';
import { MAX_BYTES, MAX_ENTRIES, readDocument } from './document.js';

const ENTRY = '{model: app.thing, identifiers: {name: x}}';
const read = (text: string) => readDocument('login.yaml', text);

describe('readDocument', () => {
  it('adds the defaults of an entry', () => {
    const { file, context, entries } = read(`entries:\n- ${ENTRY}`);
    expect({ file, context }).toEqual({ file: 'login.yaml', context: {} });
    expect(entries).toMatchObject([
      {
        model: 'app.thing',
        state: 'present',
        identifiers: { name: 'x' },
        attrs: {},
        conditions: [],
        line: 2,
      },
    ]);
  });

  it('reads the name and the labels of the metadata', () => {
    const { metadata } = read('metadata: {name: 2024, labels: {a/b: "false"}}\nentries: []');
    expect(metadata).toEqual({ name: '2024', labels: { 'a/b': 'false' } });
  });

  it('treats empty sections as absent', () => {
    expect(read(`context:\nentries:\n- {model: a.b, attrs: , identifiers: {name: x}}`).entries[0]?.attrs).toEqual({});
    expect(read('version: 1\nentries:').entries).toEqual([]);
  });

  it('returns the entries of all sections in file order', () => {
    const { entries, faults } = read(`entries:
  flows:
  - {model: a.flow}
  - {model: a.stage, id: s}
  nothing:
  bindings:
  - model: a.binding`);
    const found = entries.map(({ model, line, location: { number } }) => ({ model, line, number }));
    expect(found).toEqual([
      { model: 'a.flow', line: 3, number: 1 },
      { model: 'a.stage', line: 4, number: 2 },
      { model: 'a.binding', line: 7, number: 3 },
    ]);
    expect(faults).toEqual([]);
  });

  it('reports unknown keys and repeated ids of entries in all sections', () => {
    const { faults } = read(`entries:
  a:
  - {model: a.b, id: x, identifiers: {name: x}}
  b:
  - {model: a.c, id: x, identifiers: {name: x}, colour: red}`);
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringContaining('login.yaml:5: entry 2 "x" (a.c): an entry has no key colour.'),
      expect.stringContaining('login.yaml:5: entry 2 "x" (a.c): '),
    ]);
  });

  it('applies the limit of entries to all sections together', () => {
    const half = `  - ${ENTRY}\n`.repeat(MAX_ENTRIES / 2 + 1);
    expect(() => read(`entries:\n  a:\n${half}  b:\n${half}`)).toThrow(`more than ${MAX_ENTRIES} entries`);
  });

  it('returns entries with unknown keys, which are only reported as faults', () => {
    expect(read(`future: 1\nentries: [{model: a.b, colour: red}]`).entries).toHaveLength(1);
  });

  it.each([
    [
      'version: 2\nentries: []',
      'login.yaml:1: version: Unsupported blueprint version: the number `2`. Gatehouse reads version 1',
    ],
    ['metadata: {labels: {}}', 'login.yaml:1: metadata: '],
    ['- 1', 'login.yaml: a blueprint must be a map with `entries`'],
    ['', 'login.yaml: a blueprint must be a map with `entries`'],
    ['entries: {a: 1}', 'login.yaml:1: the section a of entries: must be a list; it is the number `1`'],
    ['entries: text', 'login.yaml:1: entries: must be a list, or a map of sections; it is the text `text`'],
    ['entries:\n  a: []\n  b:\n  - 1', 'login.yaml: entry 1: must be a map'],
    ['entries:\n  a:\n  - model: a.b\n    attrs: 3', 'login.yaml:4: entry 1 (a.b): attrs: must be a map'],
    ['entries: [1]', 'login.yaml: entry 1: must be a map'],
    ['entries:\n- id: it\n  identifiers: {}', 'login.yaml:2: entry 1: "it": model: must be text'],
    [
      `entries:\n- ${ENTRY}\n- model: a.b\n  id: it\n  attrs: 3`,
      'login.yaml:5: entry 2 "it" (a.b): attrs: must be a map',
    ],
    ['entries:\n- model: a.b\n  attrs:\n    x: !Nope 1', 'login.yaml:4: unknown tag !Nope'],
  ])('names the position of the error in %j', (text, message) => {
    expect(() => read(text)).toThrow(message.replace('1: "it"', '1 "it"'));
  });

  it('limits the size and the number of entries', () => {
    expect(() => read(`# ${'x'.repeat(MAX_BYTES)}`)).toThrow(`larger than ${MAX_BYTES} bytes`);
    expect(() => read(`entries:\n${`- ${ENTRY}\n`.repeat(MAX_ENTRIES + 1)}`)).toThrow(
      `more than ${MAX_ENTRIES} entries`,
    );
  });
});

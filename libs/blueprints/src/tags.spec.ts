import { describe, expect, it } from 'vitest';
import type { JsonMap } from './json.js';
import {
  MAX_RESOLVED,
  MAX_RESOLVED_CHARACTERS,
  ResolutionBudget,
  type ResolutionScope,
  resolve,
  type TaggedValue,
} from './tagged-value.js';
import { YamlSource } from './yaml-source.js';

const scope = (overrides: Partial<ResolutionScope> = {}): ResolutionScope => ({
  env: { HOST: 'id.example.org', EMPTY: '' },
  context: { realm: 'blue' },
  resolvingKeys: new Set(),
  items: [],
  budget: new ResolutionBudget(),
  unsetVariables: [],
  unfound: [],
  keyOf: (id) => ({ flow: 'f-1', user: 7 })[id] ?? '',
  find: async (model, fields) => ({ pk: model === 'app.thing' && fields['name'] === 'x' ? 't-1' : null }),
  findObject: async (model, fields) =>
    model === 'app.thing' && fields['name'] === 'x'
      ? { object: { pk: 't-1', name: 'x', tags: ['a'] } }
      : { object: null },
  readFile: async (path) => (path === 'list.json' ? '["a"]' : undefined),
  ...overrides,
});
const read = (yaml: string, overrides: Partial<ResolutionScope> = {}) =>
  resolve(new YamlSource(yaml).value, scope(overrides));

describe('tags of a blueprint', () => {
  it.each([
    ['!KeyOf flow', 'f-1'],
    ['!KeyOf user', 7],
    ['!Env HOST', 'id.example.org'],
    ['!Env NOWHERE', null],
    ['!Env [NOWHERE, fallback]', 'fallback'],
    ['!Env [EMPTY, fallback]', 'fallback'],
    ['!Env [NOWHERE, !KeyOf flow]', 'f-1'],
    ['!Context realm', 'blue'],
    ['!Context nothing', null],
    ['!Context [nothing, [1, 2]]', [1, 2]],
    ['!Format ["%s@%s", !Context realm, !Env HOST]', 'blue@id.example.org'],
    ['!Find [app.thing, [name, x]]', 't-1'],
    ['!Find [app.thing, [name, y]]', null],
    ['!Find [!Format ["app.%s", thing], [!Context [f, name], !Context [v, x]]]', 't-1'],
    ['{a: [{b: !KeyOf flow}]}', { a: [{ b: 'f-1' }] }],
    ['!AtIndex [[a, b], 1]', 'b'],
    ['!AtIndex [[a, b], -1]', 'b'],
    ['!AtIndex [[a, b], "0"]', 'a'],
    ['!AtIndex [{a: {b: 1}}, a]', { b: 1 }],
    ['!AtIndex [!AtIndex [{a: {b: 1}}, a], b]', 1],
    ['!AtIndex [[a], 5, none]', 'none'],
    ['!AtIndex [{a: 1}, b, null]', null],
    ['!AtIndex [null, b, c]', 'c'],
    ['!AtIndex [text, 0, c]', 'c'],
    ['!AtIndex [{a: 1}, __proto__, none]', 'none'],
    ['!ParseJSON \'{"a": [1, null, "x"]}\'', { a: [1, null, 'x'] }],
    ['!ParseJSON "3"', 3],
    ['!AtIndex [!ParseJSON \'["x"]\', 0]', 'x'],
    ['!File list.json', '["a"]'],
    ['!File [list.json, none]', '["a"]'],
    ['!File [missing.txt, none]', 'none'],
    ['!ParseJSON [!File list.json]', ['a']],
    ['!FindObject [app.thing, [name, x]]', { pk: 't-1', name: 'x', tags: ['a'] }],
    ['!FindObject [app.thing, [name, y]]', null],
    ['!AtIndex [!FindObject [app.thing, [name, x]], tags]', ['a']],
    ['!AtIndex [!FindObject [app.thing, [name, y]], tags, [b]]', ['b']],
    ['!Condition [EQ, 1, 1]', true],
    ['!Condition [EQ, 1, "1"]', false],
    ['!Condition [eq, {a: [1, 2], b: x}, {b: x, a: [1, 2]}]', true],
    ['!Condition [NEQ, !Context realm, blue]', false],
    ['!Condition [NEQ, !Context nothing, blue]', true],
    ['!If [yes, a, b]', 'a'],
    ['!If [!Context nothing, a, b]', 'b'],
    ['!If [!Env HOST, {host: !Env HOST}, b]', { host: 'id.example.org' }],
    ['!If [no, a, [!If [1, [!KeyOf flow], x]]]', [['f-1']]],
    ['!If [[], !KeyOf later, null]', null],
    ['!If [!Context realm]', true],
    ['!If [""]', false],
    ['!Condition [AND, !Condition [OR, 0, !Context realm], !If [1]]', true],
    ['!Enumerate [[a, b], SEQ, !Format ["%s%s", !Index 0, !Value 0]]', ['0a', '1b']],
    [
      '!Enumerate [{x: 1, y: 2}, SEQ, [!Index 0, !Value 0]]',
      [
        ['x', 1],
        ['y', 2],
      ],
    ],
    [
      '!Enumerate [zö🔑, SEQ, {at: !Index 0, is: !Value 0}]',
      [
        { at: 0, is: 'z' },
        { at: 1, is: 'ö' },
        { at: 2, is: '🔑' },
      ],
    ],
    ['!Enumerate [[a, b], map, [!Value 0, !Index 0]]', { a: 0, b: 1 }],
    ['!Enumerate [[a, b], MAP, {all: [!Value 0], last: !Value 0}]', { all: ['a', 'b'], last: 'b' }],
    ['!Enumerate [[], SEQ, x]', []],
    ['!Enumerate [[], MAP, [a, b]]', {}],
    ['!Enumerate [!Context [nothing, [!KeyOf flow]], SEQ, !Value 0]', ['f-1']],
    ['!Enumerate [!Enumerate [ab, SEQ, [!Value 0]], SEQ, [!Value 0]]', [[['a']], [['b']]]],
    ['!Enumerate [[ab, c], SEQ, !Enumerate [!Value 1, SEQ, !Value 0]]', [['a', 'b'], ['c']]],
    [
      '!Enumerate [{k: [x]}, MAP, [!Index 0, !Enumerate [!Value 1, SEQ, !Enumerate [!Value 1, SEQ, [!Index 2, !Index 1, !Value 0]]]]]',
      { k: [[['k', 0, 'x']]] },
    ],
    [
      '!Enumerate [[flow, user], SEQ, !If [!Condition [XOR, !Index 0], !Context nothing, !Env HOST]]',
      ['id.example.org', null],
    ],
  ])('resolve %s', async (yaml, expected) => {
    expect(await read(yaml)).toEqual(expected);
  });

  it.each([
    ['!Nonsense x', 'unknown tag !Nonsense'],
    ['!KeyOf [a]', '!KeyOf needs a name'],
    ['!Context', '!Context needs a name'],
    ['!Env [A, b, c]', '!Env takes a name and a default'],
    ['!Format text', '!Format needs a list'],
    ['!Find [app.thing]', '!Find needs a model and at least one pair [field, value]'],
    ['!AtIndex [[a]]', '!AtIndex takes a list or map, an index or key, and a default'],
    ['!AtIndex text', '!AtIndex needs a list'],
    ['!ParseJSON [a, b]', '!ParseJSON takes one text'],
    ['!File [[a]]', '!File needs a path'],
    ['!File [a, b, c]', '!File takes a path and a default'],
    ['!FindObject [app.thing]', '!FindObject needs a model and at least one pair [field, value]'],
    ['!Condition [EQ, 1]', '!Condition EQ compares two values; there is 1'],
    ['!Condition [NEQ, 1, 2, 3]', '!Condition NEQ compares two values; there are 3'],
    ['!If [a, b]', '!If takes a condition and two values'],
    ['!If []', '!If takes a condition and two values'],
    ['!If [a, b, c, d]', '!If takes a condition and two values'],
    ['!If yes', '!If needs a list'],
    ['!Condition [AND]', 'At least one value is required after mode selection.'],
    ['!Condition []', '!Condition needs a mode'],
    ['!Condition [MAYBE, 1]', '!Condition has no mode MAYBE. Modes: AND, NAND, OR, NOR, XOR, XNOR, EQ, NEQ.'],
    ['!Enumerate [[a], SEQ]', '!Enumerate takes an iterable, SEQ or MAP, and a body'],
    ['!Enumerate [[a], SET, b]', 'the second argument of !Enumerate must be SEQ or MAP, not SET'],
    ['!Index', '!Index needs a depth'],
    ['!Value -1', '!Value takes a depth: 0 or a positive integer'],
    ['!Value [0]', '!Value needs a depth'],
    ['!Find [app.thing, [name]]', '!Find needs a model and at least one pair [field, value]'],
  ])('throw when %s is parsed', (yaml, message) => {
    expect(() => new YamlSource(`first: 1\nsecond: ${yaml}`)).toThrow(`2: ${message}`);
  });

  it.each([
    ['AND', [true, false, true, false, false]],
    ['NAND', [false, true, false, true, true]],
    ['OR', [true, false, true, true, false]],
    ['NOR', [false, true, false, false, true]],
    ['XOR', [true, false, true, true, false]],
    ['XNOR', [false, true, false, false, true]],
    ['xnor', [false, true, false, false, true]],
  ])('combine truth values with %s', async (mode, expected) => {
    const truths = ['1', '[]', 'a, b, c', 'a, {}, 0', '"", no'];
    expect(await Promise.all(truths.map((values) => read(`!Condition [${mode}, ${values}]`)))).toEqual(expected);
  });

  it.each([
    ['!AtIndex [[a], 1]', '!AtIndex: the list has no item 1. Its last item is 0'],
    ['!AtIndex [[], 0]', '!AtIndex: the list has no item 0. It is empty'],
    ['!AtIndex [{a: 1}, beta]', '!AtIndex: the map has no key beta. Keys: a.'],
    ['!AtIndex [text, 0]', '!AtIndex needs a list or a map; it is the text `text`'],
    ['!AtIndex [[a], x]', '!AtIndex: the index of a list must be a whole number; it is the text `x`'],
    ['!ParseJSON "{"', '!ParseJSON: the text is not JSON'],
    ['!ParseJSON [3]', '!ParseJSON needs a text; it is the number `3`'],
    ['!File missing.txt', '!File: there is no file missing.txt'],
    ['!Value 0', '!Value is only valid inside !Enumerate'],
    ['!Index 3', '!Index is only valid inside !Enumerate'],
    ['!Enumerate [[a], SEQ, !Index 1]', '!Index 1: the outermost !Enumerate has depth 0'],
    ['!Enumerate [!Value 0, SEQ, x]', '!Value 0: the iterable of !Enumerate cannot use its own items'],
    ['!Enumerate [[ab], SEQ, !Enumerate [!Format ["%s", !Value 0], SEQ, x]]', 'cannot use its own items'],
    ['!Enumerate [7, SEQ, x]', '!Enumerate needs a list, a map or a string'],
    ['!Enumerate [!Context nothing, SEQ, x]', '!Enumerate needs a list, a map or a string'],
    ['!Enumerate [[a], MAP, b]', '!Enumerate: the body of a MAP must be'],
    ['!Enumerate [[a], MAP, [b]]', '!Enumerate: the body of a MAP must be'],
    ['!Enumerate [[a], MAP, [b, c, d]]', '!Enumerate: the body of a MAP must be'],
    ['!Enumerate [[a], MAP, [[b], c]]', '!Enumerate: the body of a MAP must be'],
  ])('throw when %s is resolved', async (yaml, message) => {
    await expect(read(yaml)).rejects.toThrow(message);
  });

  it('keep a key named __proto__', async () => {
    const read = await resolve(new YamlSource('!Enumerate [[__proto__], MAP, [!Value 0, 1]]').value, scope());
    expect(Object.entries(read as object)).toEqual([['__proto__', 1]]);
  });

  it('resolve a context value with the items of the !Enumerate around its !Context', async () => {
    const context = new YamlSource('{greeting: !Format ["hello %s", !Value 0]}').value as Record<string, TaggedValue>;
    expect(await read('!Enumerate [[ann, bob], SEQ, !Context greeting]', { context })).toEqual([
      'hello ann',
      'hello bob',
    ]);
  });

  it('limit the number of values that nested !Enumerate tags produce', async () => {
    const many = `[${'x,'.repeat(200)}x]`;
    const nested = `!Enumerate [${many}, SEQ, !Enumerate [${many}, SEQ, !Enumerate [${many}, SEQ, 1]]]`;
    await expect(read(nested)).rejects.toThrow(`the tags of this file resolve to more than ${MAX_RESOLVED} values`);
  });

  it('limit the number of characters in all texts that tags produce', async () => {
    const env = { LONG: 'x'.repeat(1024 * 1024) };
    expect(await read(`[${'!Env LONG, '.repeat(15)}]`, { env })).toHaveLength(15);
    const doubled =
      '[!Format ["%s%s", !Env LONG, !Env LONG], !Format ["%s%s%s%s%s%s%s", ' + '!Env LONG, '.repeat(7) + ']]';
    for (const text of [`[${'!Env LONG, '.repeat(17)}]`, doubled])
      await expect(read(text, { env })).rejects.toThrow(
        `the tags of this file produce texts of more than ${MAX_RESOLVED_CHARACTERS} characters`,
      );
  });

  it('throw an error with the line of a tag that cannot be resolved', async () => {
    await expect(read('a: 1\nb:\n  - !Format ["%d", x]')).rejects.toThrow('3: %d format: a real number is required');
  });

  it('resolve tags inside of context values', async () => {
    const context = new YamlSource('{host: !Env HOST, url: !Format ["https://%s", !Context host]}').value;
    expect(await read('!Context url', { context: context as JsonMap })).toBe('https://id.example.org');
  });

  it('throw if a context value refers to itself', async () => {
    const context = new YamlSource('{a: !Context b, b: [!Context a]}').value as Record<string, TaggedValue>;
    await expect(read('!Context a', { context })).rejects.toThrow('Context: `a` refers to itself: a → b → a');
  });

  it('throw for an unknown tag or mode with the closest known one', async () => {
    expect(() => new YamlSource('!Fidn [a]')).toThrow('unknown tag !Fidn. Did you mean !Find? Tags: !KeyOf, !Env');
    expect(() => new YamlSource('!Condition [ANDD, 1]')).toThrow('no mode ANDD. Did you mean AND? Modes: AND, NAND');
  });
});

import { describe, expect, it } from 'vitest';
import type { JsonMap } from './json.js';
import { resolve, type Scope, type Written } from './tags.js';
import { YamlSource } from './yaml-source.js';

const scope = (over: Partial<Scope> = {}): Scope => ({
  env: { HOST: 'id.example.org', EMPTY: '' },
  context: { realm: 'blue' },
  open: new Set(),
  keyOf: (id) => ({ flow: 'f-1', user: 7 })[id],
  find: async (model, fields) => (model === 'app.thing' && fields['name'] === 'x' ? 't-1' : undefined),
  ...over,
});
const read = (yaml: string, over: Partial<Scope> = {}) => resolve(new YamlSource(yaml).value, scope(over));

describe('tags', () => {
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
  ])('resolves %s', async (yaml, expected) => {
    expect(await read(yaml)).toEqual(expected);
  });

  it.each([
    ['!Nonsense x', 'unknown tag !Nonsense'],
    ['!KeyOf [a]', '!KeyOf needs a name'],
    ['!Context', '!Context needs a name'],
    ['!Env [A, b, c]', '!Env takes a name and a default'],
    ['!Format text', '!Format needs a list'],
    ['!Find [app.thing]', '!Find needs a model and pairs of field and value'],
    ['!Find [app.thing, [name]]', '!Find needs a model and pairs of field and value'],
  ])('refuses to read %s', (yaml, message) => {
    expect(() => new YamlSource(`first: 1\nsecond: ${yaml}`)).toThrow(`2: ${message}`);
  });

  it('says which id was not applied', async () => {
    await expect(read('!KeyOf later')).rejects.toThrow(
      'KeyOf: failed to find entry with `id` of `later` and a model instance',
    );
  });

  it('names the line of a tag that cannot be resolved', async () => {
    await expect(read('a: 1\nb:\n  - !Format ["%d", x]')).rejects.toThrow('3: %d format: a real number is required');
  });

  it('resolves tags inside of context values', async () => {
    const context = new YamlSource('{host: !Env HOST, url: !Format ["https://%s", !Context host]}').value;
    expect(await read('!Context url', { context: context as JsonMap })).toBe('https://id.example.org');
  });

  it('finds out a context value that refers to itself', async () => {
    const context = new YamlSource('{a: !Context b, b: [!Context a]}').value as Record<string, Written>;
    await expect(read('!Context a', { context })).rejects.toThrow('Context: `a` refers to itself');
  });
});

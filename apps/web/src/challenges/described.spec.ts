import { describedForm, type StageDescriptor } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { renderFlowPage } from '../server.js';

type Fields = StageDescriptor['response']['properties'];

interface Step {
  readonly shows?: Fields;
  readonly asks?: Fields;
  readonly challenge?: Readonly<Record<string, unknown>>;
}

/** Returns the page of a challenge as the gateway renders it. */
function drawn({ shows = {}, asks = {}, challenge = {} }: Step): string {
  const form = describedForm({
    component: 'x-acme-a',
    challenge: { type: 'object', properties: shows, required: [] },
    response: { type: 'object', properties: asks, required: [] },
  })?.inLanguage('en');
  const pageData = {
    challenge: { ...challenge, component: 'x-acme-a', ...(form && { gatehouse_form: form }) },
    brand: { title: 'Example', colours: {} },
    ...({ locale: 'en', chosen_locale: '', slug: 'login', address: '/if/flow/login/' } as const),
    token: { field: 'csrf_token', value: 'x' },
  };
  return renderFlowPage(pageData, { nonce: 'n', script: '/page.js', csrfCookie: 'c' }).html;
}

it('the form of an external stage draws fields with the names of inherited properties, such as constructor', () => {
  const names = { constructor: { type: 'string' }, valueOf: { type: 'string' } } as const;
  expect(drawn({ asks: names })).toMatch(/<input id="constructor"[^>]* type="text"[^]*<input id="valueOf"/);
  expect(drawn({ shows: names })).not.toContain('native code');
});

it('the form of an external stage shows nothing for an object where the schema allows texts and objects', () => {
  const either: Fields[string] = { anyOf: [{ type: 'string' }, { type: 'object' }] };
  const shows: Fields = { motto: either, rules: { type: 'array', items: either } };
  const object = { toString: 1 };
  const html = drawn({ shows, challenge: { motto: object, rules: [object, 'Be kind.'] } });
  expect(html).toMatch(/<form[^>]*>(<input[^>]*>)*<div><ul class="points"><li>Be kind\.<\/li><\/ul><\/div><button/);
});

it('a secret field of an external stage is not filled with the password of the account', () => {
  const html = drawn({ asks: { pin: { type: 'string', 'x-secret': true } } });
  expect(html).toMatch(/<input id="pin"[^>]* type="password"[^>]* autocomplete="new-password"/);
});

it('the form of an external stage says how large a file may be, even if that is less than a kilobyte', () => {
  const sizes = (maxLength: number) =>
    drawn({ asks: { photo: { type: 'string', format: 'data-url', maxLength } } }).match(/At most .*? kB\./)?.[0];
  expect([sizes(9000), sizes(500)]).toEqual(['At most 6 kB.', 'At most 0.279 kB.']);
});

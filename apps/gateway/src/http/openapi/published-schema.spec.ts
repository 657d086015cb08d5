import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { PublishedSchema } from './published-schema.js';

it('the document of the published schema is generated once, at the first request for JSON or YAML', () => {
  let written = 0;
  const document = { openapi: '3.0.3', paths: { '/a/': { get: {} } } };
  const texts = new PublishedSchema(() => {
    written++;
    return document;
  });
  expect(written).toBe(0);

  expect([JSON.parse(texts.json), parse(texts.yaml), JSON.parse(texts.json)]).toEqual(Array(3).fill(document));
  expect(written).toBe(1);
});

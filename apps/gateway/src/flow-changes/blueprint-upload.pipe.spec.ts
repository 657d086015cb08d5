import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { UnreadBody } from '../http/body.parser.js';
import { BlueprintUploadPipe } from './blueprint-upload.pipe.js';

const pipe = new BlueprintUploadPipe({ FLOW_CHANGE_BODY_BYTES: 10_000 });

/** Returns the name of the uploaded file of a form. */
async function nameOf(fileName: string): Promise<string> {
  const form = new FormData();
  form.set('file', new File(['entries: []'], fileName));
  const { headers, body } = new Response(form);
  const type = headers.get('content-type') ?? '';
  return (await pipe.transform(new UnreadBody(type, Readable.from(body!), undefined))).name;
}

it.each([
  ['a short one', 'flows.yaml', 'flows.yaml'],
  ['one of 201 characters', 'x'.repeat(201), 'x'.repeat(200)],
  ['one that is cut within an emoji', `${'x'.repeat(199)}🔑.yaml`, `${'x'.repeat(199)}🔑`],
])('takes the name of a file: %s', async (_, fileName, expected) => {
  expect(await nameOf(fileName)).toBe(expected);
});

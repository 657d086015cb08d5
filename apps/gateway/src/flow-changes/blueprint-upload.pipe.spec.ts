import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { UnreadBody } from '../http/body.parser.js';
import { BlueprintUploadPipe } from './blueprint-upload.pipe.js';

const pipe = new BlueprintUploadPipe({ FLOW_CHANGE_BODY_BYTES: 10_000 });

/** Uploads a file with this name in a form, and returns the name that the pipe has read. */
async function nameOf(fileName: string): Promise<string> {
  const form = new FormData();
  form.set('file', new File(['entries: []'], fileName));
  const { headers, body } = new Response(form);
  const type = headers.get('content-type') ?? '';
  return (await pipe.transform(new UnreadBody(type, Readable.from(body!), undefined))).name;
}

it.each([
  ['a short name', 'flows.yaml', 'flows.yaml'],
  ['a name of 201 characters', 'x'.repeat(201), 'x'.repeat(200)],
  ['an emoji as the 200th character', `${'x'.repeat(199)}🔑.yaml`, `${'x'.repeat(199)}🔑`],
])('the name of an uploaded file is cut to 200 characters: %s', async (_, fileName, expected) => {
  expect(await nameOf(fileName)).toBe(expected);
});

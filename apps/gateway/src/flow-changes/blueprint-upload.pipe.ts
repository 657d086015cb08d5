import { char, firstCharacters, Problem } from '@gatehouse/contracts';
import { Inject, Injectable, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { parseJson, UnreadBody } from '../http/body.parser.js';
import { InvalidFieldsError, parseBody } from '../http/zod-body.pipe.js';

/** Largest length of the name of a file, in characters. */
const MAX_NAME = 200;

/** Body of a request with a blueprint. */
export const blueprintRequest = z
  .object({
    blueprint: z.string().describe('the text of the blueprint, YAML or JSON'),
    name: char({ maxLength: MAX_NAME, allowBlank: true })
      .default('blueprint.yaml')
      .describe('name of the file in messages'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('values of `!Env`; the environment of Gatehouse is never used'),
  })
  .meta({ id: 'BlueprintRequest', description: 'A blueprint.' });
export type BlueprintUpload = z.output<typeof blueprintRequest>;

const MULTIPART = /^multipart\/form-data\s*;/i;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Reads a blueprint from a JSON body, or from the part `file` of a form, after all guards. */
@Injectable()
export class BlueprintUploadPipe implements PipeTransform<unknown, Promise<BlueprintUpload>> {
  constructor(@Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'FLOW_CHANGE_BODY_BYTES'>) {}

  async transform(body: unknown): Promise<BlueprintUpload> {
    if (!(body instanceof UnreadBody)) return parseBody(body ?? {}, blueprintRequest);
    const bytes = await body.read(this.config.FLOW_CHANGE_BODY_BYTES);
    if (MULTIPART.test(body.type)) return fromForm(bytes, body.type);
    if (JSON_TYPE.test(body.type) || bytes.length === 0) return parseBody(parseJson(bytes), blueprintRequest);
    throw new Problem('unsupported_media_type');
  }
}

async function fromForm(bytes: Buffer, type: string): Promise<BlueprintUpload> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw new Problem('malformed_http', { cause, detail: 'The form cannot be read.' });
    });
  const file = form.get('file');
  if (!(file instanceof File)) throw new InvalidFieldsError({ file: [{ code: 'required' }] });
  return parseBody(
    { blueprint: await file.text(), name: firstCharacters(file.name, MAX_NAME) || undefined },
    blueprintRequest,
  );
}

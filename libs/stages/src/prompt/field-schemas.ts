import { domainToASCII } from 'node:url';
import {
  boolean,
  char,
  integer,
  MAX_PASSWORD,
  type Message,
  parseDate,
  parseDateTime,
  pythonText,
  UNPRINTABLE,
} from '@gatehouse/contracts';
import { z } from 'zod';
import type { FormLimits } from './prompt.config.js';
import type { FormField } from './prompt-form.js';

/** What the directory has room for. */
const MAX_USERNAME = 150;
const MAX_EMAIL = 254;

/** What a value must be like, and what becomes of it. */
type FieldSchema = z.ZodType;

/**
 * Of which kind the answer to a field is (docs/spec/stages.md#prompt-field-types). Fields that nobody fills in are not
 * answered.
 */
export function fieldSchema(field: FormField, limits: FormLimits): FieldSchema {
  const allowBlank = !field.required;
  switch (field.type) {
    case 'username':
      return char({ maxLength: MAX_USERNAME }).transform(line);
    case 'email':
      return char({ allowBlank, maxLength: MAX_EMAIL, notTextCode: 'not_an_email' }).transform(email);
    case 'password':
      return char({ trim: false, maxLength: MAX_PASSWORD });
    case 'number':
      return integer();
    case 'checkbox':
      return boolean();
    case 'radio-button-group':
    case 'dropdown':
      return coercedSchema((value) => choiceOf(value, field.choices ?? []));
    case 'date':
      return coercedSchema((value) => parseDate(value) ?? { code: 'prompt_not_a_date' });
    case 'date-time':
      return coercedSchema((value) => parseDateTime(value) ?? { code: 'prompt_not_a_date_time' });
    case 'file':
      return char({ maxLength: encodedLength(limits.fileBytes) }).transform((uri, ctx) => file(uri, ctx, limits));
    case 'ak-locale':
      return char({ allowBlank: true, maxLength: limits.textCharacters });
    case 'text':
      return char({ trim: false, allowBlank, maxLength: limits.textCharacters }).transform(line);
    default:
      return char({ trim: false, allowBlank, maxLength: limits.textCharacters });
  }
}

/** A line of text, which turns nothing around that stands beside it. */
const line = (text: string, ctx: z.RefinementCtx): string =>
  UNPRINTABLE.test(text) ? refused(ctx, { code: 'prompt_unshowable' }) : text;

/** A value that is there, or a message; null is refused like by every field. */
function coercedSchema(coerce: (value: unknown) => { readonly value: unknown } | Message): FieldSchema {
  return z.unknown().transform((given, ctx) => {
    if (given === null) return refused(ctx, { code: 'null' });
    const outcome = coerce(given);
    return 'value' in outcome ? outcome.value : refused(ctx, outcome);
  });
}

function refused(ctx: z.RefinementCtx, message: Message): never {
  ctx.addIssue({ code: 'custom', params: { message } });
  return z.NEVER;
}

/** The choice itself, which may be no text, by its text. */
function choiceOf(given: unknown, choices: readonly unknown[]): { value: unknown } | Message {
  const wanted = pythonText(given);
  const at = choices.findIndex((choice) => pythonText(choice) === wanted);
  return at >= 0 ? { value: choices[at] } : { code: 'not_a_choice', params: { input: wanted } };
}

/** Words with single dots between them. */
const MAILBOX = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** The name of a host, whose last part is no single character. */
const HOST = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}(?<!-)$/;
/**
 * In no name of any script, of which some have a dot in the middle or an invisible joiner (RFC 5892 A); what reads hosts ends
 * at some of these, or leaves them out.
 */
const NOT_IN_HOST = /[^\p{L}\p{M}\p{N}\p{Join_Control}·.-]/u;
/** Of a host that is not the same everywhere only this one is named without a dot. */
const LOCAL = 'localhost';

/** Addresses with hosts in any script. */
function email(text: string, ctx: z.RefinementCtx): string {
  if (text === '') return text;
  const at = text.lastIndexOf('@');
  const host = text.slice(at + 1);
  const ascii = NOT_IN_HOST.test(host) ? '' : domainToASCII(host);
  if (MAILBOX.test(text.slice(0, Math.max(0, at))) && (ascii === LOCAL || HOST.test(ascii))) return text;
  return refused(ctx, { code: 'not_an_email' });
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Characters for what comes before a file's bytes. */
const HEADER = 256;
const encodedLength = (bytes: number) => HEADER + Math.ceil(bytes / 3) * 4;

/** A file as a data URI (RFC 2397) of nothing but a type and base64. */
function file(uri: string, ctx: z.RefinementCtx, { fileBytes }: FormLimits): string {
  if (!/^data:/i.test(uri)) return refused(ctx, { code: 'prompt_file_scheme' });
  const comma = uri.indexOf(',');
  const header = uri.slice(0, Math.max(0, comma));
  const bytes = uri.slice(comma + 1);
  if (header.slice(header.indexOf(';') + 1) !== 'base64' || !BASE64.test(bytes)) {
    return refused(ctx, { code: 'prompt_file_encoding' });
  }
  if (Buffer.byteLength(bytes, 'base64') > fileBytes) {
    return refused(ctx, { code: 'prompt_file_size', params: { kib: fileBytes / 1024 } });
  }
  return uri;
}

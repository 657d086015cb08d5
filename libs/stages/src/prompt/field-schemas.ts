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
import type { PromptType } from './prompt.wire.js';
import type { FieldChoice, FormField } from './prompt-form.js';

/** Largest lengths that the directory stores, in characters. */
const MAX_USERNAME = 150;
const MAX_EMAIL = 254;

/** A schema that validates and converts the value of a field. */
type FieldSchema = z.ZodType;

/**
 * Returns the schema of the value of a field (docs/spec/stages.md#prompt-field-types). Not called for fields that the
 * visitor cannot fill in.
 */
export const fieldSchema = (field: FormField, limits: FormLimits): FieldSchema => SCHEMAS[field.type](field, limits);

type CreateSchema = (field: FormField, limits: FormLimits) => FieldSchema;

const textSchema = ({ required }: FormField, { textCharacters }: FormLimits) =>
  char({ trim: false, allowBlank: !required, maxLength: textCharacters });

const choiceSchema: CreateSchema = ({ choices = [] }) => coercedSchema((value) => choiceOf(value, choices));

const SCHEMAS: Readonly<Record<PromptType, CreateSchema>> = {
  text: (field, limits) => textSchema(field, limits).transform(singleLine),
  text_area: textSchema,
  text_read_only: textSchema,
  text_area_read_only: textSchema,
  username: () => char({ maxLength: MAX_USERNAME }).transform(singleLine),
  email: ({ required }) =>
    char({ allowBlank: !required, maxLength: MAX_EMAIL, notTextCode: 'not_an_email' }).transform(email),
  password: () => char({ trim: false, maxLength: MAX_PASSWORD }),
  number: () => integer(),
  checkbox: () => boolean(),
  'radio-button-group': choiceSchema,
  dropdown: choiceSchema,
  date: () => coercedSchema((value) => parseDate(value) ?? { code: 'prompt_not_a_date' }),
  'date-time': () => coercedSchema((value) => parseDateTime(value) ?? { code: 'prompt_not_a_date_time' }),
  file: (_field, limits) =>
    char({ maxLength: encodedLength(limits.fileBytes) }).transform((uri, ctx) => file(uri, ctx, limits)),
  separator: textSchema,
  hidden: textSchema,
  static: textSchema,
  'ak-locale': (_field, { textCharacters }) => char({ allowBlank: true, maxLength: textCharacters }),
  alert_info: textSchema,
  alert_warning: textSchema,
  alert_danger: textSchema,
};

/** Returns the text. Rejects control characters, and characters that change the direction of the following text. */
const singleLine = (text: string, ctx: z.RefinementCtx): string =>
  UNPRINTABLE.test(text) ? invalid(ctx, { code: 'prompt_unshowable' }) : text;

/**
 * Returns a schema that rejects `null` and converts any other value with `coerce`. `coerce` returns an error message
 * for an invalid value.
 */
function coercedSchema(coerce: (value: unknown) => { readonly value: unknown } | Message): FieldSchema {
  return z.unknown().transform((value, ctx) => {
    if (value === null) return invalid(ctx, { code: 'null' });
    const result = coerce(value);
    return 'value' in result ? result.value : invalid(ctx, result);
  });
}

function invalid(ctx: z.RefinementCtx, message: Message): never {
  ctx.addIssue({ code: 'custom', params: { message } });
  return z.NEVER;
}

/**
 * Returns the choice whose value equals the value of the response. Compares both as Python's `str()` writes them,
 * because the value of a choice may be a number or a list.
 */
function choiceOf(value: unknown, choices: readonly FieldChoice[]): { value: unknown } | Message {
  const text = pythonText(value);
  const chosen = choices.find((choice) => pythonText(choice.value) === text);
  return chosen ? { value: chosen.value } : { code: 'not_a_choice', params: { input: text } };
}

/** Local part of an email address: words separated by single dots. */
const MAILBOX = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** A host name in ASCII. Its last label has at least two characters. */
const HOST = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}(?<!-)$/;
/**
 * Characters that are invalid in a host name of any script. At some of them, URL parsers end the host, and they remove
 * others. The middle dot and the invisible joiners of some scripts are valid (RFC 5892 A).
 */
const NOT_IN_HOST = /[^\p{L}\p{M}\p{N}\p{Join_Control}·.-]/u;
/** The only host name that is accepted without a dot. */
const LOCAL = 'localhost';

/** Validates an email address, whose host may be in any script. */
function email(text: string, ctx: z.RefinementCtx): string {
  if (text === '') return text;
  const at = text.lastIndexOf('@');
  const host = text.slice(at + 1);
  const ascii = NOT_IN_HOST.test(host) ? '' : domainToASCII(host);
  if (MAILBOX.test(text.slice(0, Math.max(0, at))) && (ascii === LOCAL || HOST.test(ascii))) return text;
  return invalid(ctx, { code: 'not_an_email' });
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Length of the header of a data URI, in characters, that is added to the length limit of a file. */
const HEADER = 256;
const encodedLength = (bytes: number) => HEADER + Math.ceil(bytes / 3) * 4;

/** Validates a file: a data URI (RFC 2397) with a media type and base64, and no other parameters. */
function file(uri: string, ctx: z.RefinementCtx, { fileBytes }: FormLimits): string {
  if (!/^data:/i.test(uri)) return invalid(ctx, { code: 'prompt_file_scheme' });
  const comma = uri.indexOf(',');
  const header = uri.slice(0, Math.max(0, comma));
  const bytes = uri.slice(comma + 1);
  if (header.slice(header.indexOf(';') + 1) !== 'base64' || !BASE64.test(bytes)) {
    return invalid(ctx, { code: 'prompt_file_encoding' });
  }
  if (Buffer.byteLength(bytes, 'base64') > fileBytes) {
    return invalid(ctx, { code: 'prompt_file_size', params: { kib: fileBytes / 1024 } });
  }
  return uri;
}

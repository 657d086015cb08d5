import type { JsonMap } from './json.js';

/** URL path of the pictures that the operator provides. */
const MEDIA = '/media/public/';

const MAX_NAME = 1024;
const MAX_PART = 255;

/** Placeholder for the theme in the name of a picture that exists in a light and in a dark version. */
const THEME = '%(theme)s';

/** Whether a value is an address, not the name of a picture. */
const isAddress = (value: string): boolean => /^(https?:\/\/|\/static)/.test(value);

/** Returns the URL of a picture. The value is its address or its name (docs/spec/blueprints.md#pictures). */
export const mediaUrl = (value: string): string => (isAddress(value) ? value : MEDIA + value);

const BLOCKED =
  'browsers block a picture at an http address, because pages load pictures from https and from this site only. Use an https address, or a path';

/** Returns the warning about a picture that the Content-Security-Policy of the pages blocks; undefined for any other value. */
export const blockedPicture = (value: unknown): string | undefined =>
  typeof value === 'string' && /^http:/i.test(value) ? BLOCKED : undefined;

/** Returns the warnings about pictures that browsers block, by field. */
export const blockedPictures = (values: JsonMap, ...fields: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const warning = blockedPicture(values[field]);
      return warning === undefined ? [] : [[field, warning]];
    }),
  );

/** The rules for the names of pictures, each with its message. */
const RULES: readonly (readonly [isBroken: (name: string) => boolean, message: string])[] = [
  [(name) => name.startsWith('/'), 'Absolute paths are not allowed'],
  [(name) => name.startsWith('.'), 'File name cannot start with .'],
  [(name) => name.includes('..'), 'File name cannot contain ..'],
  [(name) => name.includes('//'), 'File name cannot contain duplicate /'],
  [
    (name) => !/^[\p{L}\p{M}\p{N}._/-]*$/u.test(name.replaceAll(THEME, '')),
    `File name can only contain letters, digits, ., _, -, / and ${THEME}`,
  ],
  [(name) => name.length > MAX_NAME, `File name has more than ${MAX_NAME} characters`],
  [
    (name) => name.split('/').some((part) => part.length > MAX_PART),
    `A part of the file name has more than ${MAX_PART} characters`,
  ],
];

/** Returns what is wrong with a value that names a picture; undefined for an address, for a good name and for no name. */
export const mediaNameError = (value: string): string | undefined =>
  isAddress(value) ? undefined : RULES.find(([isBroken]) => isBroken(value))?.[1];

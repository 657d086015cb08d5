import { z } from 'zod';

/**
 * The API lines, oldest first: the versions of authentik whose API Gatehouse can speak (docs/spec/api-versions.md). A
 * line selects the fields of challenges, the published schema, and the rules that differ between the lines.
 */
export const API_VERSIONS = ['2024.8', '2026.8'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

export const DEFAULT_API_VERSION = '2024.8' satisfies ApiVersion;

/** The setting of the gateway and of the commands that select the line. */
export const apiVersionSetting = z.object({
  API_VERSION: z
    .enum(API_VERSIONS)
    .default(DEFAULT_API_VERSION)
    .describe('Line of authentik whose API, blueprints and rules Gatehouse has (docs/spec/api-versions.md)'),
});

/**
 * The fields that a client gets: those of one line, or `complete` for all fields, with those that only Gatehouse has. A
 * client asks for the complete fields by the request header `FIELDS_HEADER`.
 */
export type ApiView = ApiVersion | 'complete';

/** Request header by which a client asks for all fields of challenges. Its only value is `FIELDS_COMPLETE`. */
export const FIELDS_HEADER = 'x-gatehouse-fields';
export const FIELDS_COMPLETE = 'complete';

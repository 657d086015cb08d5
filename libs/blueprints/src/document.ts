import { z } from 'zod';
import { BlueprintError, type EntryLocation, unknownFieldError, withLocation } from './blueprint-error.js';
import { describedValue } from './described-value.js';
import { isWrittenEntries, joinSections, type WrittenEntries } from './entry-sections.js';
import { isMap } from './json.js';
import { repeatedIds } from './repeated-ids.js';
import { suggestion } from './suggestion.js';
import { type TaggedMap, type TaggedValue, UnresolvedTag } from './tagged-value.js';
import { YamlSource } from './yaml-source.js';

/** Maximum size of a blueprint file, in bytes. */
export const MAX_BYTES = 1024 * 1024;
/** Maximum number of entries of a blueprint file. */
export const MAX_ENTRIES = 5000;

const tagged = z.custom<UnresolvedTag>((value) => value instanceof UnresolvedTag);
const text = z.union([z.string(), tagged], { error: 'must be text' });
const map = z
  .custom<TaggedMap>(isMap, { error: 'must be a map' })
  .nullish()
  .transform((value) => value ?? {});
const list = z
  .custom<readonly TaggedValue[]>(Array.isArray, { error: 'must be a list' })
  .nullish()
  .transform((value) => value ?? []);

const entriesOrSections = z
  .custom<WrittenEntries>(isWrittenEntries, { error: 'must be a list, or a map of sections' })
  .nullish()
  .transform((value): WrittenEntries => value ?? []);

const entrySchema = z.object({
  model: text,
  state: text.default('present'),
  identifiers: map,
  attrs: map,
  id: z
    .union([z.string(), z.number()], { error: 'must be text' })
    .nullish()
    .transform((id) => (id === null || id === undefined ? undefined : String(id))),
  conditions: list,
  permissions: list,
});

const metadataSchema = z.object(
  { name: z.coerce.string<string>({ error: 'must be text' }), labels: map },
  { error: 'must be a map with a name' },
);

const documentSchema = z.object({
  version: z
    .literal(1, {
      error: ({ input }) => `Unsupported blueprint version: ${describedValue(input)}. Gatehouse reads version 1`,
    })
    .default(1),
  metadata: metadataSchema.optional(),
  context: map,
  entries: entriesOrSections,
});

/** One entry of a blueprint: the desired state of one object (docs/spec/blueprints.md#entries). */
export interface Entry extends z.output<typeof entrySchema> {
  readonly location: EntryLocation;
  readonly line: number | undefined;
  /** Returns the line of a field in `attrs` or `identifiers`. */
  lineOf(field: string): number | undefined;
  /** Returns the line of a key of the entry itself, such as `state`. */
  lineOfKey(key: string): number | undefined;
}

/** A parsed blueprint. Its tags are not resolved yet. */
export interface BlueprintDocument {
  readonly file: string;
  /** Errors such as a key that the format does not have. The run decides whether they are refused. */
  readonly faults: readonly BlueprintError[];
  readonly metadata: { readonly name: string; readonly labels: TaggedMap } | undefined;
  readonly context: TaggedMap;
  readonly entries: readonly Entry[];
}

/** Parses a blueprint of format v1 in YAML or JSON (docs/spec/blueprints.md#document). Throws BlueprintError. */
export function readDocument(file: string, content: string): BlueprintDocument {
  try {
    if (Buffer.byteLength(content) > MAX_BYTES) throw new BlueprintError(`the file is larger than ${MAX_BYTES} bytes`);
    const source = new YamlSource(content);
    if (!isMap(source.value)) throw new BlueprintError('a blueprint must be a map with `entries`');
    const { metadata, context, entries: sections } = parse(documentSchema, source.value, source);
    const entries = joinSections(sections, source);
    if (entries.length > MAX_ENTRIES) throw new BlueprintError(`the file has more than ${MAX_ENTRIES} entries`);
    const documentEntries = entries.map((entry, index) => readEntry(entry, index + 1, source));
    const faults = [
      ...unknownKeysOf(source.value, entries, source),
      ...('entries' in source.value ? [] : [NO_ENTRIES]),
      ...repeatedIds(documentEntries),
    ];
    const located = faults.map((error) => error.withLocation({ file }));
    return { file, metadata, context, entries: documentEntries, faults: located };
  } catch (error) {
    throw withLocation(error, { file });
  }
}

const NO_ENTRIES = new BlueprintError('the blueprint has no `entries`. Write `entries: []` if it shall have none');

/** Matches top-level keys that authors may use freely, for example for YAML anchors. */
const AUTHORS_KEY = /^x-/;

function unknownKeysOf(document: TaggedMap, entries: readonly TaggedValue[], source: YamlSource): BlueprintError[] {
  const ofEntry = (entry: TaggedValue, index: number) =>
    unknownKeys(entry, { what: 'an entry', schema: entrySchema, source }).map((error) =>
      error.withLocation({ entry: placeOf(entry, index + 1) }),
    );
  return [
    ...unknownKeys(document, { what: 'a blueprint', schema: documentSchema, source }),
    ...unknownKeys(document['metadata'] ?? null, { what: 'the metadata', schema: metadataSchema, source }),
    ...entries.flatMap(ofEntry),
  ];
}

interface KnownKeys {
  readonly what: string;
  readonly schema: z.ZodObject;
  readonly source: YamlSource;
}

function unknownKeys(map: TaggedValue, { what, schema, source }: KnownKeys): BlueprintError[] {
  if (!isMap(map)) return [];
  const known = Object.keys(schema.shape);
  const unknown = Object.keys(map).filter((key) => !known.includes(key));
  return unknown
    .filter((key) => schema !== documentSchema || !AUTHORS_KEY.test(key))
    .map((key) => {
      const reason = `${what} has no key ${key}.${suggestion(key, known, 'Keys')}`;
      return unknownFieldError(reason, { line: source.lineOf(map, key) ?? source.lineOf(map, 'model') });
    });
}

function placeOf(written: TaggedValue, number: number): EntryLocation {
  const id = isMap(written) && typeof written['id'] === 'string' ? written['id'] : undefined;
  const model = isMap(written) && typeof written['model'] === 'string' ? written['model'] : undefined;
  return { number, id, model };
}

function readEntry(written: TaggedValue, number: number, source: YamlSource): Entry {
  const place = placeOf(written, number);
  if (!isMap(written)) throw new BlueprintError('must be a map', { entry: place });
  try {
    const entry = parse(entrySchema, written, source);
    const lineOf = (field: string) => source.lineOf(entry.attrs, field) ?? source.lineOf(entry.identifiers, field);
    const lineOfKey = (key: string) => source.lineOf(written, key);
    return { ...entry, location: place, line: lineOfKey('model'), lineOf, lineOfKey };
  } catch (error) {
    throw withLocation(error, { entry: place });
  }
}

function parse<S extends z.ZodType>(schema: S, value: object, source: YamlSource): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? '');
  const [first] = Object.keys(value);
  const line = source.lineOf(value, field) ?? source.lineOf(value, first ?? '');
  const written: unknown = Reflect.get(value, field);
  const message = issue?.message ?? 'invalid';
  const isShown = written !== undefined && written !== null && message.startsWith('must be');
  throw new BlueprintError(isShown ? `${message}; it is ${describedValue(written)}` : message, { field, line });
}

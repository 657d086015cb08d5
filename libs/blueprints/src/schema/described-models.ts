import { type ApiVersion, referencesOf, schemaLayers, secretFields } from '@gatehouse/contracts';
import type { z } from 'zod';
import { builtInModels } from '../built-in-models.js';
import { externalStageModel, externalStageSchema } from '../external-stage.model.js';
import { groupSchema } from '../group-collection.js';
import { invitationSchema } from '../invitation-collection.js';
import type { Json, JsonMap } from '../json.js';
import type { ObjectModel } from '../object-model.js';
import { requirementSchema } from '../required-blueprints.js';
import { tokenSchema } from '../token-collection.js';
import { userSchema } from '../user-collection.js';

/** A model of blueprints, for the reference and the JSON Schema. */
export interface DescribedModel {
  /** The model name in lower case: `app.model`. */
  readonly name: string;
  /** The fields that identify an object. */
  readonly key: readonly string[];
  readonly fields: readonly DescribedField[];
  /** The first API line that has the model. Undefined if all lines have it. */
  readonly apiVersion: ApiVersion | undefined;
}

/** A field of a model. */
export interface DescribedField {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly description: string | undefined;
  /** The first version that has the field. */
  readonly since: string;
  readonly isSecret: boolean;
  /** Whether an object is refused without the field, although the schema has a default. */
  readonly isRequired: boolean;
  /** The kind of the objects that the field refers to. */
  readonly refersTo: string | undefined;
}

/** The version whose fields have no `since` in their metadata. */
const FIRST_VERSION = '0.2.0';

/** A model, its key and its fields. The references are those of the schema by default. */
type Model = Pick<ObjectModel, 'name' | 'key' | 'schema'> &
  Partial<Pick<ObjectModel, 'references' | 'check' | 'apiVersion'>>;

const DIRECTORY_MODELS: readonly Model[] = [
  { name: 'authentik_core.user', key: ['username'], schema: userSchema },
  { name: 'authentik_core.group', key: ['name'], schema: groupSchema },
  { name: 'authentik_core.token', key: ['identifier'], schema: tokenSchema },
  { name: 'authentik_stages_invitation.invitation', key: ['name'], schema: invitationSchema },
  { name: 'authentik_blueprints.metaapplyblueprint', key: [], schema: requirementSchema },
];

/** Returns all models that a blueprint can have, sorted by name. */
export function describedModels(): DescribedModel[] {
  const models = builtInModels.map((model) =>
    model.name === externalStageModel.name
      ? described({ name: model.name, key: model.key, schema: externalStageSchema })
      : described(model),
  );
  const others = DIRECTORY_MODELS.map(described);
  return [...models, ...others].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function described({ name, key, schema, references = referencesOf(schema), check, apiVersion }: Model): DescribedModel {
  const secrets = secretFields(schema);
  const refused = check?.(defaultsOf(schema)) ?? {};
  const { since } = metadataOf(schema);
  const fields = Object.entries(schema.shape).map(([field, type]): DescribedField => {
    const meta = metadataOf(type);
    return {
      ...{
        name: field,
        schema: type as z.ZodType,
        isSecret: secrets.includes(field),
        isRequired: (refused[field] ?? []).some((message) => 'code' in message && message.code === 'required'),
        refersTo: references.get(field)?.to,
      },
      ...{ description: meta.description, since: meta.since ?? since ?? FIRST_VERSION },
    };
  });
  return { name, key, fields, apiVersion };
}

/** Returns the defaults of the fields that have one. */
const defaultsOf = (schema: z.ZodObject): JsonMap =>
  Object.fromEntries(
    Object.entries(schema.shape).flatMap(([field, type]) => {
      const { data } = (type as z.ZodType<Json | undefined>).safeParse(undefined);
      return data === undefined ? [] : [[field, data]];
    }),
  );

function metadataOf(type: unknown): { description?: string; since?: string } {
  const layers = [...schemaLayers(type)].map((layer) => layer.meta() ?? {});
  const find = (key: string) => layers.map((meta) => meta[key]).find((value) => typeof value === 'string');
  const [description, since] = [find('description'), find('since')];
  return { ...(description !== undefined && { description }), ...(since !== undefined && { since }) };
}

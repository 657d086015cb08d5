import { expect, it } from 'vitest';
import { listedFields, listedModels } from './authentik-fields.js';
import { reasonOf } from './authentik-reasons.js';
import { describedModels } from './schema/described-models.js';

it('the list of missing fields names no field that Gatehouse has, and no unknown model', () => {
  const models = new Map(describedModels().map(({ name, fields }) => [name, fields.map((field) => field.name)]));
  const wrong = listedModels().flatMap((model) =>
    listedFields(model).filter(({ field }) => models.get(model)?.includes(field) !== false),
  );
  expect(wrong).toEqual([]);
});

it('each missing field has a reason why it can be left out, or a text that says what it would do', () => {
  const listed = [...listedModels(), 'authentik_stages_x.xstage'].flatMap((model) => listedFields(model));
  expect(listed.filter(({ field }) => reasonOf(field) === undefined)).toEqual([]);
});

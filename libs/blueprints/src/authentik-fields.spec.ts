import { expect, it } from 'vitest';
import { listedFields, listedModels } from './authentik-fields.js';
import { describedModels } from './schema/described-models.js';

it('the list of fields of authentik has no field of a model, and no unknown model', () => {
  const models = new Map(describedModels().map(({ name, fields }) => [name, fields.map((field) => field.name)]));
  const wrong = listedModels().flatMap((model) =>
    listedFields(model).filter(({ field }) => models.get(model)?.includes(field) !== false),
  );
  expect(wrong).toEqual([]);
});

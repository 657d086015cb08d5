import { expect, it } from 'vitest';
import { listedFields } from './authentik-fields.js';
import { builtInModels } from './built-in-models.js';

it('the list of fields of authentik contains no field that a model has, and no unknown model', () => {
  const models = new Map(builtInModels.map(({ name, schema }) => [name, Object.keys(schema.shape)]));
  const directory = ['authentik_core.user', 'authentik_core.group', 'authentik_core.token'];
  const wrong = listedFields().filter(({ model, field }) => {
    const fields = directory.includes(model) ? [] : models.get(model);
    return fields === undefined || fields.includes(field);
  });
  expect(wrong).toEqual([]);
});

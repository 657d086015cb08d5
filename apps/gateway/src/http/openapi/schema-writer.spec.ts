import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SchemaWriter } from './schema-writer.js';

const link = z.object({ href: z.string() }).meta({ id: 'Link' });
const page = z.object({ link, next: link.nullable() });

describe('a schema writer', () => {
  it('writes a type with an id as one component, to which all uses of the type refer', () => {
    const writer = new SchemaWriter('complete');
    const reference = { $ref: '#/components/schemas/Link' };
    expect(writer.write(page)).toMatchObject({ properties: { link: reference } });
    expect(writer.write(link)).toMatchObject(reference);
    expect(Object.keys(writer.components)).toEqual(['Link']);
  });

  it('refuses two different types with one id, even in separate calls', () => {
    const writer = new SchemaWriter('complete');
    writer.write(page);
    const other = z.object({ name: z.string() }).meta({ id: 'Link' });
    expect(() => writer.write(z.object({ other }))).toThrow('Two different types of the API have the name Link.');
  });
});
